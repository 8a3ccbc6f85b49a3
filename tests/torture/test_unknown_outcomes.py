"""Every way not to know whether a job was created, under every way in which an API may repeat its payload."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.torture.bench import run
from tests.torture.child import Effect, Strike

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated
    from tests.torture.bench import Fell

CREATE = {"method": "POST", "path": "/v1/jobs"}
UNKNOWN: dict[str, dict[str, Any]] = {
    "an error before": {"fault": "status", "status": 500, **CREATE},
    "an error after": {"fault": "status", "status": 500, "after": True, **CREATE},
    "a page before": {"fault": "html", "status": 502, **CREATE},
    "a page after": {"fault": "html", "status": 200, "after": True, **CREATE},
    "a reset before": {"fault": "reset_before"},
    "a reset after": {"fault": "reset_after"},
    "a reset and a job that shows late": {"fault": "reset_late", "seconds": 0.6},
    "silence": {"fault": "delay", "seconds": 3, **CREATE},
}
each_unknown = pytest.mark.parametrize("fault", UNKNOWN.values(), ids=UNKNOWN)
EXPORTS = 2


def run_first(desk: Desk, *options: str) -> Fell:
    """Run the spec that has two exports."""
    return run(desk, "run", "specs/0.yaml", *options)


@each_unknown
@pytest.mark.parametrize("mode", ["verbatim", "defaults"])
@pytest.mark.parametrize("skip", [0, 1], ids=["first", "second"])
def test_where_payloads_come_back_the_job_is_found_or_made_once(
    desk: Desk, emulator: Emulated, mode: str, fault: dict[str, Any], skip: int
) -> None:
    emulator.fault("echo", mode=mode, times=0)
    emulator.fault(**fault, skip=skip)
    fell = run_first(desk)
    assert fell.code == 0, fell.text
    assert len(emulator.jobs()) == EXPORTS
    assert len(desk.files()) == 2 * EXPORTS


@each_unknown
def test_where_payloads_do_not_come_back_an_unknown_outcome_is_reported_and_never_repeated(
    desk: Desk, emulator: Emulated, fault: dict[str, Any]
) -> None:
    emulator.fault("echo", mode="none", times=0)
    emulator.fault(**fault, skip=1)
    fell = run_first(desk)
    assert fell.code == 1
    assert "whether its job was created cannot be told" in fell.text
    assert emulator.creations() == EXPORTS
    again = run_first(desk)
    assert again.code in {0, 1}
    assert len(emulator.jobs()) <= EXPORTS


@each_unknown
@pytest.mark.parametrize("mode", ["altered", "none"])
def test_an_unknown_outcome_before_any_echo_was_seen_is_never_paid_twice(
    desk: Desk, emulator: Emulated, mode: str, fault: dict[str, Any]
) -> None:
    emulator.fault("echo", mode=mode, times=0)
    emulator.fault(**fault)
    for _ in range(3):
        run_first(desk)
    assert len(emulator.jobs()) <= EXPORTS


def test_a_first_outcome_that_is_certainly_nothing_is_tried_again_whatever_the_echo(
    desk: Desk, emulator: Emulated
) -> None:
    emulator.fault("echo", mode="none", times=0)
    emulator.fault("reset_before")
    fell = run_first(desk)
    assert fell.code == 0, fell.text
    assert len(emulator.jobs()) == EXPORTS


def test_a_kill_during_the_first_creation_is_no_reason_to_pay_again_where_payloads_come_back_altered(
    desk: Desk, emulator: Emulated
) -> None:
    emulator.fault("echo", mode="altered", times=0)
    answered = Strike(Effect("receive", "POST /v1/jobs", 1), "after")
    assert run(desk, "run", "specs/0.yaml", "--select", "titles", strike=answered).code == -signal.SIGKILL
    again = run_first(desk, "--select", "titles")
    assert again.code == 1
    assert f"look at the account's jobs {emulator.jobs()[0]['job_id']};" in again.text
    assert len(emulator.jobs()) == 1


def test_what_cannot_be_told_is_paid_again_only_by_force(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("echo", mode="none", times=0)
    emulator.fault("reset_after", skip=1)
    assert run_first(desk).code == 1
    again = run_first(desk)
    assert again.code == 1
    assert "--force submits it again" in again.text
    assert len(emulator.jobs()) == EXPORTS
    forced = run_first(desk, "--force", "--select", "packed")
    assert forced.code == 0, forced.text
    assert len(emulator.jobs()) == EXPORTS + 1
