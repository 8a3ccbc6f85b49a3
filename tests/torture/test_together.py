"""Many runs at once on one state file: each export is paid for once, and every run reports all that it selected."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from tests.torture.bench import finish, run, start

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

EXPORTS = 3


def test_four_runs_started_together_share_the_work(desk: Desk, emulator: Emulated) -> None:
    children = [start(desk, "run", "specs") for _ in range(4)]
    looked = [run(desk, "status") for _ in range(3)]
    fell = [finish(*child) for child in children]
    assert [each.code for each in fell] == [0] * 4, [each.text for each in fell]
    assert [each.code for each in looked] == [0] * 3
    assert len(emulator.jobs()) == EXPORTS
    for each in fell:
        assert f"{EXPORTS} of {EXPORTS} exports in place" in each.text


def test_the_claims_of_a_run_that_was_killed_are_free_at_once(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("delay", seconds=2, method="GET", path="/v1/jobs/*", times=1)
    first, orders = start(desk, "run", "specs/0.yaml")
    while not emulator.jobs():
        time.sleep(0.02)
    second = start(desk, "run", "specs")
    time.sleep(0.3)
    first.kill()
    finish(first, orders)
    began = time.monotonic()
    fell = finish(*second)
    assert fell.code == 0, fell.text
    assert time.monotonic() - began < 15
    assert len(emulator.jobs()) == EXPORTS


def test_specs_that_overlap_share_their_jobs(desk: Desk, emulator: Emulated) -> None:
    text = (desk.folder / "specs/0.yaml").read_text(encoding="utf-8")
    other = text.replace("name: torture", "name: other").replace("exports:", "output: {dir: elsewhere}\nexports:")
    desk.write("other.yaml", other)
    children = [start(desk, "run", spec) for spec in ("specs/0.yaml", "other.yaml")]
    fell = [finish(*child) for child in children]
    assert [each.code for each in fell] == [0, 0], [each.text for each in fell]
    assert len(emulator.jobs()) == 2
    assert sorted(name.rpartition("/")[2] for name in desk.files("elsewhere")) == sorted(
        name.rpartition("/")[2] for name in desk.files() if "example.com" in name
    )


def test_a_state_file_that_another_program_holds_is_waited_for(desk: Desk, emulator: Emulated) -> None:
    assert run(desk, "run", "specs/0.yaml").code == 0
    with closing(sqlite3.connect(desk.folder / ".bqlrun/state.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        child = start(desk, "run", "specs")
        time.sleep(1)
        assert child[0].is_alive()
        other.execute("COMMIT")
    fell = finish(*child)
    assert fell.code == 0, fell.text
    assert len(emulator.jobs()) == EXPORTS
