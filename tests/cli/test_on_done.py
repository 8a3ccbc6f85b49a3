"""`run --on-done`: a command of one's own hears how the run went, and cannot undo it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated


def test_the_command_gets_the_summary_after_it_was_printed(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml", "--json", "--on-done", "cat > heard.json; echo said $BQLRUN_EXIT_CODE")
    assert ran.code == 0, ran.err
    assert json.loads((desk.folder / "heard.json").read_text()) == ran.json
    assert ran.err.endswith("said 0\n")


def test_it_hears_of_failures_too_and_leaves_the_exit_code_alone(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_failed")
    ran = desk.bqlrun("run", "spec.yaml", "--on-done", "cat > heard.json; exit 7")
    assert ran.code == 1
    [export] = json.loads((desk.folder / "heard.json").read_text())["exports"]
    assert export["status"] == "failed"
    assert "warning: --on-done ended with exit code 7" in ran.err


def test_a_command_that_fails_after_a_good_run_is_exit_code_1(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml", "--on-done", "exit 4")
    assert ran.code == 1
    assert len(desk.files()) == 2


def test_a_run_that_stopped_early_keeps_its_own_exit_code(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, exports_per_day: 0}"))
    assert desk.bqlrun("run", "spec.yaml", "--on-done", "exit 1").code == 4


def test_a_command_that_does_not_listen_is_no_error(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("run", "spec.yaml", "--on-done", "true").code == 0


def test_a_spec_that_is_wrong_is_no_run_that_ended(desk: Desk) -> None:
    desk.write("spec.yaml", "version: 1\n")
    assert desk.bqlrun("run", "spec.yaml", "--on-done", "touch heard").code == 2
    assert not (desk.folder / "heard").exists()
