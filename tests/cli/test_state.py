"""`bqlrun state`: files compared with their checksums, exports forgotten, a lost state file made again."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Desk, Emulated

SPEC = """
version: 1
name: kept
limits: {requests_per_second: 500, rows_per_export: 400}
poll: {first: 0.05, max: 0.2}
projects: [https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413]
output: {dir: ./downloads/}
exports:
  - {name: top, fields: [url, title], depth: {max: 0}, output: {current: "top-{{ project }}"}}
  - {name: packed, fields: [url], depth: {max: 0}, output: {format: csv.gz}}
  - {name: whole, fields: [url, depth], depth: split}
"""


@pytest.fixture
def done(desk: Desk) -> Desk:
    """A folder in which the spec has run."""
    desk.write("s.yaml", SPEC)
    ran = desk.bqlrun("run", "s.yaml")
    assert ran.code == 0, ran.text
    return desk


def the(desk: Desk, name: str) -> Path:
    [found] = desk.folder.glob(f"downloads/**/{name}")
    return found


def lose_the_state(desk: Desk) -> None:
    shutil.rmtree(desk.folder / ".bqlrun")


def test_files_that_are_as_they_were_are_verified(done: Desk) -> None:
    ran = done.bqlrun("state", "verify", "--json")
    assert ran.code == 0
    assert ran.json["totals"] == {"ok": 4}


def test_a_file_that_was_altered_within_its_size_and_time_is_found(done: Desk) -> None:
    path = the(done, "packed.csv.gz")
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[12] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    the(done, "whole.csv").unlink()
    ran = done.bqlrun("state", "verify")
    assert ran.code == 1
    assert "packed.csv.gz: altered" in ran.out
    assert "whole.csv: missing" in ran.out


def test_what_is_forgotten_is_fetched_again_at_no_cost(done: Desk, emulator: Emulated) -> None:
    before = the(done, "packed.csv.gz").read_bytes()
    ran = done.bqlrun("state", "forget", "example-org/*:packed")
    assert ran.code == 0
    assert "packed.csv.gz" in ran.out
    emulator.call("DELETE", "/_emulator/requests")
    assert done.bqlrun("run", "s.yaml").code == 0
    assert emulator.creations() == 0
    assert len(emulator.downloads()) == 1
    assert the(done, "packed.csv.gz").read_bytes() == before


def test_a_pattern_that_means_nothing_forgets_nothing(done: Desk) -> None:
    assert done.bqlrun("state", "forget", "titels").code == 2
    assert done.bqlrun("state", "forget", "label:x").code == 2
    assert done.bqlrun("status", "--json").json["totals"]["exports"] == 3


def test_a_lost_state_file_is_made_again_and_the_next_run_does_nothing(done: Desk, emulator: Emulated) -> None:
    files = done.files()
    lose_the_state(done)
    assert len(done.bqlrun("state", "rebuild", "--json").json["added"]) == 3
    check_that_nothing_is_left_to_do(done, emulator, files)


def in_the_middle(data: bytes) -> bytes:
    return data[:8000] + bytes(3000) + data[11000:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[:5000],
    "overwritten": in_the_middle,
    "no database": lambda _: b"not a database, whatever its name" * 40,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_state_file_is_set_aside_and_made_again(
    done: Desk, emulator: Emulated, damage: Callable[[bytes], bytes]
) -> None:
    files = done.files()
    state = done.folder / ".bqlrun/state.db"
    damaged = damage(state.read_bytes())
    state.write_bytes(damaged)
    refused = done.bqlrun("run", "s.yaml")
    assert refused.code == 1
    assert "`bqlrun state rebuild` sets it aside" in refused.err
    rebuilt = done.bqlrun("state", "rebuild", "--json")
    assert rebuilt.code == 0, rebuilt.text
    assert len(rebuilt.json["added"]) == 3
    assert "is damaged, and is kept as .bqlrun/state.db.damaged" in rebuilt.err
    assert state.with_name("state.db.damaged").read_bytes() == damaged
    check_that_nothing_is_left_to_do(done, emulator, files)


def check_that_nothing_is_left_to_do(done: Desk, emulator: Emulated, files: dict[str, bytes]) -> None:
    """The next run creates no job, fetches nothing, and leaves every file as it is."""
    emulator.call("DELETE", "/_emulator/requests")
    assert done.bqlrun("run", "s.yaml", "--no-adopt").code == 0
    assert emulator.creations() == 0
    assert emulator.downloads() == []
    assert tables(done.files()) == tables(files)


def tables(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.endswith(".json")}


def test_after_a_rebuilding_a_lost_whole_is_fetched_from_its_jobs(done: Desk, emulator: Emulated) -> None:
    before = the(done, "whole.csv").read_bytes()
    lose_the_state(done)
    assert done.bqlrun("state", "rebuild").code == 0
    the(done, "whole.csv").unlink()
    emulator.call("DELETE", "/_emulator/requests")
    assert done.bqlrun("run", "s.yaml", "--no-adopt").code == 0
    assert emulator.creations() == 0
    assert the(done, "whole.csv").read_bytes() == before


def test_what_is_not_what_its_manifest_says_is_left_alone(done: Desk) -> None:
    lose_the_state(done)
    data = the(done, "top.csv").read_bytes()
    the(done, "top.csv").write_bytes(data[:-2] + b"x\n")
    the(done, "packed.manifest.json").write_text('{"format": 1, "payload": {"parts": [7]}}')
    the(done, "whole.csv").unlink()
    ran = done.bqlrun("state", "rebuild")
    assert ran.code == 1
    assert "top.csv is left alone: it was changed" in ran.out
    assert "packed.manifest.json is left alone" in ran.out
    assert "whole.csv is left alone: it is gone" in ran.out
    assert "Traceback" not in ran.text


def test_what_the_state_file_knows_stays_as_it_is(done: Desk) -> None:
    before = done.bqlrun("status", "--json").json
    ran = done.bqlrun("state", "rebuild", "--json")
    assert (ran.json["added"], len(ran.json["known"])) == ([], 3)
    assert done.bqlrun("status", "--json").json == before


def test_without_a_state_file_or_a_folder_it_is_said(desk: Desk) -> None:
    for arguments in (("verify",), ("forget", "x"), ("rebuild",)):
        ran = desk.bqlrun("state", *arguments)
        assert ran.code in {1, 2}
        assert len(ran.err.splitlines()) == 1
    assert not (desk.folder / ".bqlrun").exists()
