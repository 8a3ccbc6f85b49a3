"""A run by force that is killed anywhere: what was paid for last is what stands there in the end, paid for once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.torture.bench import SPEC, WORLD, bench, run
from tests.torture.child import Strike

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Desk

# One export is enough.
ONE = SPEC.partition("  - {name: packed")[0]


def jobs_in_place(desk: Desk) -> list[str]:
    [manifest] = [content for name, content in desk.files().items() if name.endswith(".json")]
    found: list[str] = json.loads(manifest)["job_ids"]
    return found


def test_a_kill_during_a_run_by_force_loses_nothing_that_was_paid_for(tmp_path: Path) -> None:
    with bench(tmp_path, WORLD, (ONE,)) as table:
        desk = table.desk()
        assert run(desk).code == 0
        forced = run(desk, "run", "specs", "--force")
        assert forced.code == 0
        decisive = [each for each in forced.effects if each.kind in {"commit", "send"}]
        assert len(decisive) > 5
        for effect in decisive:
            desk = table.desk()
            assert run(desk).code == 0
            run(desk, "run", "specs", "--force", strike=Strike(effect, "after"))
            went_on = run(desk)
            assert went_on.code == 0, went_on.text
            jobs = table.emulator.jobs()
            assert len(jobs) <= 2, effect
            assert jobs_in_place(desk) == [str(jobs[0]["job_id"])], effect
            again = run(desk)
            assert "nothing was left to do" in again.text, again.text
            table.clear(desk)
