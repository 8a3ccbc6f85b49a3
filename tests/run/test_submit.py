"""Never pay twice, one export at a time: what is asked of the account, in which order, after which wait."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import anyio
import pytest

from runner.errors import ApiRefused, ApiThrottled, ApiUnavailable, EarlyStop, OutcomeUnknown
from runner.plan.model import Decision
from runner.run.budget import Budget
from runner.run.stop import Stop
from runner.run.submit import TRIES, Patience, Submitter
from runner.spec.shard import ALONE
from runner.state.intents import Posting
from runner.state.store import State
from tests.accounts import PAYLOAD, Account, job, planned, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.botify.client import Botify
    from runner.plan.model import Wanted

PLACE = ("org", "project")
ERROR, SILENCE = OutcomeUnknown("answered 500", answered=True), OutcomeUnknown("timed out", answered=False)

NOTHING_THERE = Decision("submit", "new", listed=frozenset())
UNLIKE = {"changed": "beyond recognition"}


class Killed(Exception):
    """What is left of a run that is killed while it waits for an answer: what is on disk."""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.db", "api") as opened:
        yield opened


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account that has no job, and waits that cost no time."""
    made = Account()
    monkeypatch.setattr(anyio, "sleep", made.sleep)
    return made


def submitter_of(account: Account, state: State, export: Wanted, stop: Stop | None = None) -> Submitter:
    """What one run submits with."""
    stop = stop or Stop()
    budget = Budget(state, stop, ALONE, export.spec.api)
    return Submitter(cast("Botify", account), state, budget, stop, lambda _: None, Patience())


def submitted(account: Account, state: State, export: Wanted, decision: Decision = NOTHING_THERE) -> str:
    """The id of the job that an export gets in a run of its own."""
    submitter = submitter_of(account, state, export)
    return anyio.run(submitter.job_for, planned(export), export, decision).id


def both(submitter: Submitter, first: Wanted, second: Wanted) -> tuple[str, str]:
    """The jobs of two exports in one run, one after the other."""

    async def go() -> tuple[str, str]:
        one = await submitter.job_for(planned(first), first, NOTHING_THERE)
        return one.id, (await submitter.job_for(planned(second), second, NOTHING_THERE)).id

    return anyio.run(go)


@pytest.mark.parametrize(("unknown", "wait"), [(ERROR, "wait 3 s"), (SILENCE, "wait 10 s")])
def test_absence_counts_after_a_wait_and_a_listing(
    tmp_path: Path, state: State, account: Account, unknown: OutcomeUnknown, wait: str
) -> None:
    account.outcomes = [unknown, job(1)]
    assert submitted(account, state, wanted(tmp_path)) == "1"
    assert account.seen == ["create", wait, "list", "create"]


def test_each_absence_is_seen_in_a_listing_of_its_own_and_the_tries_end(
    tmp_path: Path, state: State, account: Account
) -> None:
    account.outcomes = [SILENCE] * (TRIES + 1)
    with pytest.raises(ApiUnavailable, match="no job could be created"):
        submitted(account, state, wanted(tmp_path))
    assert account.seen == ["create", "wait 10 s", "list"] * TRIES


def test_a_submission_that_a_dead_run_left_is_looked_for_after_ten_seconds(
    tmp_path: Path, state: State, account: Account
) -> None:
    export = wanted(tmp_path)
    state.intents.add(export.fingerprint, PLACE, Posting(PAYLOAD, frozenset({"1"})), 10, lambda: None)
    account.here = [job(2), job(1)]
    assert submitted(account, state, export) == "2"
    assert account.seen == ["wait 10 s", "list"]


def test_a_job_that_was_there_before_a_dead_run_submitted_is_not_the_result(
    tmp_path: Path, state: State, account: Account
) -> None:
    """Nor of the submission that follows, whose outcome is unknown as well."""
    export = wanted(tmp_path)
    state.intents.add(export.fingerprint, PLACE, Posting(PAYLOAD, frozenset({"1"})), 10, lambda: None)
    account.here, account.outcomes = [job(1)], [SILENCE, job(2)]
    assert submitted(account, state, export) == "2"
    assert account.seen == ["wait 10 s", "list", "create", "wait 10 s", "list", "create"]


def test_what_another_machine_had_meanwhile_is_used_where_a_submission_came_to_nothing(
    tmp_path: Path, state: State, account: Account
) -> None:
    """As after `state merge`: one shard was killed before its request left, another one has the job."""
    export = wanted(tmp_path)
    state.intents.add(export.fingerprint, PLACE, Posting(PAYLOAD), 10, lambda: None)
    state.jobs.record(export.fingerprint, "7", "DONE", "adopted", PLACE)
    assert submitted(account, state, export) == "7"
    assert account.seen == ["wait 10 s", "list"]


def test_a_job_of_another_export_of_ours_is_not_the_result(tmp_path: Path, state: State, account: Account) -> None:
    state.jobs.record("another", "1", "DONE", "created", PLACE)
    account.outcomes = [SILENCE, job(2)]
    account.here = [job(1)]
    assert submitted(account, state, wanted(tmp_path)) == "2"


def test_a_job_without_a_payload_that_was_not_there_before_leaves_the_outcome_open(
    tmp_path: Path, state: State, account: Account
) -> None:
    export = wanted(tmp_path)
    account.outcomes, account.here = [SILENCE], [job(1, payload=None)]
    with pytest.raises(ApiUnavailable, match="cannot be told"):
        submitted(account, state, export)
    assert state.intents.open_for(export.fingerprint) is not None
    with pytest.raises(ApiUnavailable, match="look at the account's jobs 1"):
        submitted(account, state, export)
    assert account.seen.count("create") == 1
    account.outcomes = [job(2)]
    assert submitted(account, state, export, Decision("resume", "--force", renew=True)) == "2"


def test_until_an_echo_was_seen_any_new_job_may_be_the_result(tmp_path: Path, state: State, account: Account) -> None:
    account.outcomes, account.here = [SILENCE], [job(1, payload=UNLIKE)]
    with pytest.raises(ApiUnavailable, match="cannot be told"):
        submitted(account, state, wanted(tmp_path))


def test_a_run_that_dies_before_any_echo_was_seen_leaves_behind_which_jobs_were_there_before(
    tmp_path: Path, state: State, account: Account
) -> None:
    """Any other may be its own, so that the next run asks a person instead of paying again."""
    export, decision = wanted(tmp_path), Decision("submit", "new", listed=frozenset({"5"}))
    account.here, account.outcomes = [job(9, payload=UNLIKE), job(5, payload=UNLIKE)], [Killed()]
    with pytest.raises(Killed):
        submitted(account, state, export, decision)
    with pytest.raises(ApiUnavailable, match="the API has not shown a payload as it was sent") as raised:
        submitted(account, state, export, decision)
    assert "jobs 9;" in raised.value.hint
    assert account.seen.count("create") == 1


def test_an_earlier_job_that_shows_what_was_sent_tells_that_another_one_is_someone_elses(
    tmp_path: Path, state: State, account: Account
) -> None:
    export = wanted(tmp_path)
    state.intents.add("earlier", PLACE, Posting(PAYLOAD), 10, lambda: None)
    state.jobs.record("earlier", "1", "DONE", "created", PLACE)
    account.here, account.outcomes = [job(9, payload=UNLIKE), job(1)], [Killed(), job(2)]
    with pytest.raises(Killed):
        submitted(account, state, export)
    assert submitted(account, state, export) == "2"


def test_what_was_submitted_blindly_is_never_submitted_again_by_itself(
    tmp_path: Path, state: State, account: Account
) -> None:
    export = wanted(tmp_path)
    state.intents.add(export.fingerprint, PLACE, Posting(PAYLOAD, blind=True), 10, lambda: None)
    with pytest.raises(ApiUnavailable, match="cannot be told"):
        submitted(account, state, export)
    assert "create" not in account.seen


def test_a_definite_no_leaves_nothing_to_look_for(tmp_path: Path, state: State, account: Account) -> None:
    export = wanted(tmp_path)
    account.outcomes = [ApiRefused("400", status=400), job(1)]
    with pytest.raises(ApiRefused):
        submitted(account, state, export)
    assert state.intents.open_for(export.fingerprint) is None
    assert submitted(account, state, export) == "1"
    assert account.seen == ["create", "create"]


@pytest.mark.parametrize("before", ["nothing", "PROCESSING"])
def test_what_another_run_had_since_is_used_also_where_it_failed(
    tmp_path: Path, state: State, account: Account, before: str
) -> None:
    export = wanted(tmp_path)
    if before != "nothing":
        state.jobs.record(export.fingerprint, "1", before, "created", PLACE)
    state.jobs.begin()
    state.jobs.record(export.fingerprint, "1", "FAILED", "created", PLACE)
    assert submitted(account, state, export) == "1"
    assert account.seen == []


@pytest.mark.parametrize(("status", "renew"), [("FAILED", False), ("DONE", True)])
def test_what_failed_in_an_earlier_run_or_is_to_be_exported_anew_gets_a_new_job(
    tmp_path: Path, state: State, account: Account, status: str, renew: bool
) -> None:
    export = wanted(tmp_path)
    state.jobs.record(export.fingerprint, "1", status, "created", PLACE)
    state.jobs.begin()
    account.outcomes = [job(2)]
    assert submitted(account, state, export, Decision("submit", "anew", renew=renew)) == "2"


def test_a_job_and_the_record_of_its_export_are_there_together(tmp_path: Path, state: State, account: Account) -> None:
    export = wanted(tmp_path)
    account.outcomes = [job(1)]
    submitted(account, state, export)
    record = state.exports.at(export.path)
    assert record
    assert (record.status, record.job_id) == ("submitted", "1")


def test_what_was_submitted_is_charged_by_the_most_where_nobody_knows_the_rows(
    tmp_path: Path, state: State, account: Account
) -> None:
    account.outcomes = [job(1)]
    submitted(account, state, wanted(tmp_path, rows=None))
    assert state.intents.spent_today() == (1, 1000.0)


def test_a_minute_of_429_for_creating_alone_is_the_quota(
    tmp_path: Path, state: State, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.run.submit.time", SimpleNamespace(monotonic=lambda: account.waited))
    account.outcomes = [ApiThrottled("POST /v1/jobs was answered 429", status=429)] * 20
    with pytest.raises(EarlyStop, match="takes no more exports today"):
        submitted(account, state, wanted(tmp_path))
    assert account.seen == [*["create", "profile", "wait 5 s"] * 12, "create", "profile"]


def test_who_is_told_to_stop_while_it_waits_creates_nothing(tmp_path: Path, state: State, account: Account) -> None:
    export, stop = wanted(tmp_path), Stop()
    account.outcomes = [ApiThrottled("POST /v1/jobs was answered 429", status=429), job(1)]
    account.on_wait = lambda: setattr(stop, "signal", 15)
    submitter = submitter_of(account, state, export, stop)
    with pytest.raises(EarlyStop, match="told to stop"):
        anyio.run(submitter.job_for, planned(export), export, NOTHING_THERE)
    assert account.seen.count("create") == 1


def test_what_comes_back_otherwise_makes_later_unknown_outcomes_stay_open_for_later_runs_too(
    tmp_path: Path, state: State, account: Account
) -> None:
    first, second = wanted(tmp_path), wanted(tmp_path, fingerprint="b" * 64, path="b.csv")
    account.here = [job(1, payload=UNLIKE)]
    account.outcomes = [account.here[0], SILENCE]
    for _ in range(2):
        with pytest.raises(ApiUnavailable, match="cannot be told"):
            both(submitter_of(account, state, first), first, second)
    assert account.seen.count("create") == 2


def test_a_creation_that_shows_no_payload_is_looked_at_once_more(
    tmp_path: Path, state: State, account: Account
) -> None:
    first, second = wanted(tmp_path), wanted(tmp_path, fingerprint="b" * 64, path="b.csv")
    account.here = [job(1)]
    account.outcomes = [job(1, payload=None), SILENCE, job(2)]
    assert both(submitter_of(account, state, first), first, second) == ("1", "2")


def test_a_job_that_was_found_by_its_payload_shows_that_payloads_come_back(
    tmp_path: Path, state: State, account: Account
) -> None:
    """So that a job with another payload, which is someone else's, leaves nothing open."""
    first, second = wanted(tmp_path), wanted(tmp_path, fingerprint="b" * 64, path="b.csv")
    account.here = [job(1), job(5, payload=UNLIKE)]
    account.outcomes = [SILENCE, SILENCE, job(6)]
    assert both(submitter_of(account, state, first), first, second) == ("1", "6")


def test_until_an_echo_was_seen_jobs_are_created_one_by_one(tmp_path: Path, state: State, account: Account) -> None:
    """Only until then: whoever waited for it goes on beside the others."""
    exports = [wanted(tmp_path, fingerprint=letter * 64, path=f"{letter}.csv") for letter in "abc"]
    account.outcomes = [job(number) for number in range(3)]
    submitter = submitter_of(account, state, exports[0])

    async def together() -> None:
        async with anyio.create_task_group() as group:
            for export in exports:
                group.start_soon(submitter.job_for, planned(export), export, NOTHING_THERE)

    anyio.run(together)
    assert account.together == [1, 1, 2]
