"""The day's quota and budget: whose jobs count, since when, and what is charged where nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import anyio
import pytest

from runner.errors import EarlyStop
from runner.run.budget import Budget
from runner.run.stop import Stop
from runner.spec.model import Account as Payer
from runner.spec.model import Api, Limits
from runner.spec.shard import ALONE, Shard
from runner.state.intents import Posting
from runner.state.store import State
from tests.accounts import Account, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.botify.client import Botify
    from runner.plan.model import Wanted

PLACE = ("org", "project")
TWO = Api(accounts={"other-org": Payer("OTHER_TOKEN", None, Limits())})


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.db", "api") as opened:
        yield opened


def budget_of(export: Wanted, state: State, shard: Shard = ALONE) -> Budget:
    return Budget(state, Stop(), shard, export.spec.api)


def look(budget: Budget, account: Account) -> None:
    anyio.run(budget.look, cast("Botify", account), "org")


def create(state: State, number: int, cost: float = 10) -> None:
    """A job of ours, of today."""
    state.intents.add(str(number), PLACE, Posting({}), cost, lambda: None)
    state.jobs.record(str(number), str(number), "DONE", "created", PLACE)


def test_jobs_of_others_count_and_ours_are_counted_once(tmp_path: Path, state: State) -> None:
    export, account = wanted(tmp_path, "{exports_per_day: 5}"), Account(counted=3)
    budget = budget_of(export, state)
    create(state, 1)
    # The account's three are the one of ours and two of others; one more of ours makes four of five.
    look(budget, account)
    create(state, 2)
    budget.admit(export)
    create(state, 3)
    with pytest.raises(EarlyStop, match="exports_per_day is 5, and today has 5 jobs"):
        budget.admit(export)


def test_the_account_is_looked_at_once_a_day_and_not_where_no_quota_is_set(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(counted=5)
    unlimited = wanted(tmp_path)
    look(budget_of(unlimited, state), account)
    assert account.seen == []
    export = wanted(tmp_path, "{exports_per_day: 5}")
    budget = budget_of(export, state)
    for day in ("2025-04-13", "2025-04-13", "2025-04-14"):
        monkeypatch.setattr("runner.run.budget.today", lambda day=day: day)
        look(budget, account)
    assert account.seen == ["count since 2025-04-13", "count since 2025-04-14"]


def test_what_the_account_listed_before_midnight_is_not_of_the_day_after(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = wanted(tmp_path, "{exports_per_day: 5}")
    budget = budget_of(export, state)
    monkeypatch.setattr("runner.run.budget.today", lambda: "2025-04-13")
    look(budget, Account(counted=5))
    monkeypatch.setattr("runner.run.budget.today", lambda: "2025-04-14")
    look(budget, Account(counted=0))
    budget.admit(export)


def test_the_last_credit_may_be_spent_and_no_more(tmp_path: Path, state: State) -> None:
    export = wanted(tmp_path, "{credits_per_day: 30}")
    budget = budget_of(export, state)
    create(state, 1, cost=20)
    budget.admit(export)
    create(state, 2, cost=0.5)
    with pytest.raises(EarlyStop, match="credits_per_day is 30"):
        budget.admit(export)


def test_where_nobody_knows_the_rows_the_most_that_a_job_takes_is_charged(tmp_path: Path, state: State) -> None:
    export = wanted(tmp_path, "{credits_per_day: 1500}", rows=None)
    budget = budget_of(export, state)
    assert export.charge == 1000
    budget.admit(export)
    create(state, 1, cost=501)
    with pytest.raises(EarlyStop, match="the next export takes 1,000"):
        budget.admit(export)


def test_what_no_day_is_enough_for_stops_nothing_else(tmp_path: Path, state: State) -> None:
    small = wanted(tmp_path, "{credits_per_day: 30}")
    budget = budget_of(small, state)
    with pytest.raises(EarlyStop, match="no day is enough for it"):
        budget.admit(wanted(tmp_path, "{credits_per_day: 30}", rows=31))
    budget.admit(small)


def test_a_shard_stops_at_its_part_and_all_of_them_at_the_whole(tmp_path: Path, state: State) -> None:
    export = wanted(tmp_path, "{exports_per_day: 5}")
    create(state, 1)
    create(state, 2)
    budget_of(export, state, Shard(1, 2)).admit(export)
    with pytest.raises(EarlyStop, match="this shard's part of exports_per_day is 2"):
        budget_of(export, state, Shard(2, 2)).admit(export)
    first = budget_of(export, state, Shard(1, 2))
    look(first, Account(counted=5))
    with pytest.raises(EarlyStop, match="exports_per_day is 5, and today has 5 jobs"):
        first.admit(export)


def test_what_one_account_has_reached_stops_no_other_and_the_first_reason_is_told(state: State) -> None:
    budget = Budget(state, Stop(), ALONE, TWO)
    budget.stop(EarlyStop("first"), "org")
    budget.check("other-org")
    budget.stop(EarlyStop("second"), "other-org")
    with pytest.raises(EarlyStop, match="second"):
        budget.check("other-org")
    assert budget.stopped
    assert budget.stopped.message == "first"
    everyone = Budget(state, Stop(), ALONE, TWO)
    everyone.stop(EarlyStop("all"))
    for org in ("org", "other-org"):
        with pytest.raises(EarlyStop, match="all"):
            everyone.check(org)
