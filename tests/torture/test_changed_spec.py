"""A spec that is edited while an outcome is unknown, or after it was paid for: the export stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture.bench import run
from tests.torture.child import Effect, Strike

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

# What does not change what is asked for: each of these is in the payload, or beside it, and not in the fingerprint.
EDITS = {
    "a display name": ("[url, title, h1]", "[url, {field: title, name: The title}, h1]"),
    "the size": ("{requests_per_second: 500}", "{requests_per_second: 500, rows_per_export: 900000}"),
    "the path": ("exports:", 'output: {path: "{{ project }}/{{ export }}"}\nexports:'),
    "the format": ("exports:", "output: {format: csv.gz, header: verbose}\nexports:"),
    "the spec's name": ("name: torture", "name: renamed"),
}
each_edit = pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
EXPORTS = 2


def edit(desk: Desk, before: str, after: str) -> None:
    """Change the spec that has two exports."""
    spec = desk.folder / "specs/0.yaml"
    text = spec.read_text(encoding="utf-8")
    assert before in text
    spec.write_text(text.replace(before, after), encoding="utf-8")


@each_edit
def test_a_submission_that_was_broken_off_is_found_though_the_spec_was_edited(
    desk: Desk, emulator: Emulated, before: str, after: str
) -> None:
    answered = Effect("receive", "POST /v1/jobs", 1)
    assert run(desk, "run", "specs/0.yaml", strike=Strike(answered, "before")).code == -9
    edit(desk, before, after)
    fell = run(desk, "run", "specs/0.yaml")
    assert fell.code == 0, fell.text
    assert len(emulator.jobs()) == EXPORTS


@each_edit
def test_what_was_paid_for_is_not_paid_for_again_because_the_spec_was_edited(
    desk: Desk, emulator: Emulated, before: str, after: str
) -> None:
    assert run(desk, "run", "specs/0.yaml").code == 0
    edit(desk, before, after)
    fell = run(desk, "run", "specs/0.yaml", "--no-adopt")
    assert fell.code == 0, fell.text
    assert len(emulator.jobs()) == EXPORTS


def test_a_file_made_under_another_display_name_has_one_header(desk: Desk) -> None:
    edit(desk, "[url, title, h1]", "[url, {field: title, name: First}, h1]")
    assert run(desk, "run", "specs/0.yaml").code == 0
    edit(desk, "name: First", "name: Second")
    assert run(desk, "run", "specs/0.yaml").code == 0
    [body] = [body for name, body in desk.files().items() if name.endswith("titles.csv")]
    lines = body.decode().splitlines()
    assert lines[0] == "url,Second,metadata.h1.contents"
    assert lines[1].startswith("http")
    assert len(lines) == 1 + 100
