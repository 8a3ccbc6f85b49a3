"""What is done about an export, by what the state file and the account know of it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import anyio
import pytest

from runner.plan.account_jobs import AccountJobs
from runner.plan.decide import Wishes, decide, is_newer
from runner.run.record import submitted_record
from runner.state.intents import Posting
from runner.state.store import State
from tests.accounts import PAYLOAD, Account, job, planned, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.botify.client import Botify
    from runner.plan.model import Decision, Wanted
    from runner.state.exports import ExportRecord

PLACE = ("org", "project")
FORCE = Wishes(force=True)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.db", "api") as opened:
        yield opened


def decided(account: Account, state: State, export: Wanted, wishes: Wishes | None = None) -> Decision:
    jobs = AccountJobs(cast("Botify", account), *PLACE)
    return anyio.run(decide, export, state, jobs, wishes or Wishes())


def paid(state: State, export: Wanted, job_id: str, status: str = "DONE") -> None:
    """A job that was created here, of this export."""
    state.jobs.record(export.fingerprint, job_id, status, "created", PLACE)


def underway(state: State, export: Wanted, job_id: str) -> None:
    """A record that says that a run left this job on its way."""
    state.exports.put(submitted_record(planned(export), export, job_id))


@pytest.mark.parametrize(
    ("statuses", "action", "adopted"),
    [
        (["FAILED", "PROCESSING", "DONE", "CREATED"], "download", "2"),
        (["FAILED", "PROCESSING"], "resume", "1"),
        (["FAILED", "FAILED"], "submit", None),
        ([], "submit", None),
    ],
)
def test_of_the_accounts_jobs_a_finished_one_is_adopted_before_a_running_one_and_never_a_failed_one(
    tmp_path: Path, state: State, statuses: list[str], action: str, adopted: str | None
) -> None:
    here = [job(number, status=status) for number, status in enumerate(statuses)]
    decision = decided(Account(here=here), state, wanted(tmp_path))
    assert (decision.action, decision.job) == (action, adopted)
    assert (decision.adopts.id if decision.adopts else None) == adopted


@pytest.mark.parametrize("wishes", [FORCE, Wishes(adopt=False)])
def test_who_wants_a_new_job_goes_with_the_ids_of_all_that_could_be_taken_for_it(
    tmp_path: Path, state: State, wishes: Wishes
) -> None:
    account = Account(here=[job(1), job(2, payload=None), job(3, payload={"another": 1}), job(4, status="FAILED")])
    decision = decided(account, state, wanted(tmp_path), wishes)
    assert (decision.action, decision.adopts) == ("submit", None)
    assert decision.known == {"1", "2", "4"}
    assert decision.listed == frozenset("1234")


@pytest.mark.parametrize("wishes", [Wishes(), FORCE, Wishes(adopt=False)])
def test_an_open_submission_is_looked_for_before_anything_else(tmp_path: Path, state: State, wishes: Wishes) -> None:
    export, account = wanted(tmp_path), Account(here=[job(1, status="DONE")])
    state.intents.add(export.fingerprint, PLACE, Posting(PAYLOAD), 10, lambda: None)
    assert decided(account, state, export, wishes).action == "resume"
    assert account.seen == []


def test_a_job_of_ours_that_failed_is_submitted_anew_and_one_that_did_not_is_used(tmp_path: Path, state: State) -> None:
    export, account = wanted(tmp_path), Account()
    paid(state, export, "1", "FAILED")
    assert decided(account, state, export).action == "submit"
    paid(state, export, "2", "PROCESSING")
    assert (decided(account, state, export).action, decided(account, state, export).job) == ("resume", "2")


def test_force_goes_on_with_the_very_job_that_a_run_left_on_its_way_and_with_no_other(
    tmp_path: Path, state: State
) -> None:
    export, account = wanted(tmp_path), Account()
    paid(state, export, "1", "PROCESSING")
    underway(state, export, "1")
    assert decided(account, state, export, FORCE).action == "resume"
    paid(state, export, "2", "PROCESSING")
    assert decided(account, state, export, FORCE).action == "submit"


def test_the_record_of_another_question_at_the_same_path_says_nothing(tmp_path: Path, state: State) -> None:
    export = wanted(tmp_path)
    underway(state, wanted(tmp_path, fingerprint="b" * 64), "1")
    assert decided(Account(), state, export).record is None


@pytest.mark.parametrize(
    ("status", "origin", "newer"),
    [("DONE", "created", True), ("DONE", "recovered", True), ("DONE", "adopted", False), ("FAILED", "created", False)],
)
def test_what_was_paid_for_after_the_file_in_place_is_newer(
    tmp_path: Path, state: State, status: str, origin: str, newer: bool
) -> None:
    export = wanted(tmp_path)
    paid(state, export, "1")
    state.exports.put(in_place(export, "1"))
    record = state.exports.at(export.path)
    assert not is_newer(state.jobs.latest(export.fingerprint), record, state)
    state.jobs.record(export.fingerprint, "2", status, origin, PLACE)  # type: ignore[arg-type]
    assert is_newer(state.jobs.known("2"), record, state) is newer


def test_what_a_shard_brought_that_is_older_than_the_file_in_place_is_not_newer(tmp_path: Path, state: State) -> None:
    export = wanted(tmp_path)
    paid(state, export, "1")
    state.exports.put(in_place(export, "1"))
    paid(state, export, "2")
    with state.jobs._database.transaction("test"):
        state.jobs._database.execute("UPDATE jobs SET created_at = '2025-01-01T00:00:00Z' WHERE job_id = '2'")
    assert not is_newer(state.jobs.latest(export.fingerprint), state.exports.at(export.path), state)


def test_what_was_paid_for_after_the_clock_was_set_back_is_newer(tmp_path: Path, state: State) -> None:
    export = wanted(tmp_path)
    paid(state, export, "1")
    with state.jobs._database.transaction("test"):
        state.jobs._database.execute("UPDATE jobs SET created_at = '2099-01-01T00:00:00Z'")
    state.exports.put(in_place(export, "1"))
    paid(state, export, "2")
    decision = decided(Account(), state, export)
    assert (decision.action, decision.job) == ("download", "2")


def test_a_file_is_done_as_long_as_nobody_wrote_to_it_though_it_keeps_its_length(tmp_path: Path, state: State) -> None:
    file = tmp_path / "urls.csv"
    file.write_bytes(b"a")
    export = wanted(tmp_path, path=str(file))
    paid(state, export, "1")
    state.exports.put(replace(in_place(export, "1"), mark=file.stat().st_mtime_ns))
    assert decided(Account(), state, export).action == "skip"
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert decided(Account(), state, export).action == "download"
    file.unlink()
    assert decided(Account(), state, export).reason == "done, but its file is gone"


def in_place(export: Wanted, job_id: str) -> ExportRecord:
    """The record of a file that is done."""
    return replace(submitted_record(planned(export), export, job_id), status="done", rows=10, bytes=1, mark=1)
