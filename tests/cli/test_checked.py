"""What is wrong with a query is known before it is paid for, and knowing it takes few requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

FIELDS = "fields: [url, title, h1]"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("fields: [url, metadata.titel.content]", "unknown field metadata.titel.content"),
        ("fields: [url], filters: {field: metadata.titel.content, value: x}", "did you mean metadata.title.content"),
        ("fields: [url], sort: [metadata.titel.content]", "did you mean metadata.title.content"),
        ("fields: [h1]", "metadata.h1.contents holds lists, and needs `url` among the fields"),
        ("fields: [url], metrics: [{sum: byte.size}], template: aggregate", "unknown field byte.size"),
    ],
    ids=["column", "filter", "sort", "list", "metric"],
)
@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_wrong_field_is_refused_before_anything_is_paid(
    desk: Desk, emulator: Emulated, part: str, said: str, command: str
) -> None:
    wrong = f"  - {{name: wrong, depth: {{max: 1}}, {part}}}\n"
    desk.write("spec.yaml", SPEC + wrong)
    ran = desk.bqlrun(command, "spec.yaml")
    assert ran.code == 1
    assert said in ran.text
    assert "the API says" in ran.text
    assert emulator.creations() == (1 if command == "run" else 0)


def test_fields_are_read_once_a_crawl_and_only_where_something_is_wrong(desk: Desk, emulator: Emulated) -> None:
    collection = "/v1/projects/example-org/example.com/collections"
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("plan", "spec.yaml").code == 0
    assert emulator.requests("GET", collection) == []
    wrong = "".join(f"  - {{name: wrong{n}, fields: [url, no.such{n}], depth: {{max: 1}}}}\n" for n in range(3))
    desk.write("spec.yaml", SPEC + wrong)
    assert desk.bqlrun("plan", "spec.yaml").code == 1
    assert len(emulator.requests("GET", collection)) == 1


def test_where_the_fields_are_not_shown_the_api_s_own_words_are(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("status", path="/v1/projects/*/collections/*", status=403, code=1002, times=0)
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("plan", "spec.yaml").code == 0
    desk.write("spec.yaml", SPEC.replace(FIELDS, "fields: [url, metadata.titel.content]"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "error code 1029" in ran.err
    assert emulator.creations() == 0


def api_requests(emulator: Emulated) -> int:
    return len(emulator.requests()) - len(emulator.downloads())


def test_an_export_takes_six_requests(desk: Desk, emulator: Emulated) -> None:
    # The crawls, the depths, the account's jobs, the try, the job, and one look at it.
    desk.write("spec.yaml", SPEC.replace("first: 0.1", "first: 0.5"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert api_requests(emulator) <= 6


def test_exports_that_share_a_project_take_four_each(desk: Desk, emulator: Emulated) -> None:
    more = "".join(f"  - {{name: more{n}, fields: [url, {n}], depth: {{max: 2}}}}\n" for n in ("title", "h1", "h2"))
    desk.write("spec.yaml", SPEC.replace("first: 0.1", "first: 0.5") + more)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0
    assert len(ran.json["exports"]) == 4
    assert api_requests(emulator) <= 4 * 4
