"""The day's quota and budget of each account: guards that are asked before every submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.counted import counted
from runner.errors import EarlyStop
from runner.state.clock import today

if TYPE_CHECKING:
    from runner.botify.client import Botify
    from runner.plan.model import Wanted
    from runner.run.stop import Stop
    from runner.spec.model import Api, Payer
    from runner.spec.shard import Shard
    from runner.state.store import State

TOMORROW = "run again after 00:00 UTC to go on"


class Budget:
    """What may still be submitted. What an account has reached stops it for the rest of the run, and no other one.

    `stopped` is the first reason why anything was not submitted.
    """

    def __init__(self, state: State, stop: Stop, shard: Shard, api: Api) -> None:
        self._state = state
        self._stop = stop
        self._shard = shard
        self._api = api
        self._reached: dict[Payer | None, EarlyStop] = {}
        self._listed: dict[tuple[Payer, str], tuple[int, int]] = {}
        self.stopped: EarlyStop | None = None

    def admit(self, wanted: Wanted) -> None:
        """Let a submission pass, or raise EarlyStop; what no day is enough for stops nothing else."""
        org = wanted.asked.project.org
        beyond = wanted.beyond_a_day
        if beyond:
            raise self._note(beyond)
        reached = self._quota(org) or self._credits(org, wanted.charge)
        if reached:
            self.stop(reached, org)
        self.check(org)

    async def look(self, api: Botify, org: str) -> None:
        """Count, once a run and day, the day's jobs in the account's own list: others may have used up the quota."""
        key = (self._api.payer(org), today())
        if key in self._listed or self._api.account(org).limits.exports_per_day is None:
            return
        # What is submitted meanwhile counts twice rather than not at all.
        known = self._spent(org)[0]
        self._listed[key] = (await api.count_jobs_since(org, today()), known)

    def check(self, org: str) -> None:
        """Raise EarlyStop once the account reached anything, or the run was told to stop."""
        if self._stop():
            raise self._note(EarlyStop("the run was told to stop"))
        why = self._reached.get(None) or self._reached.get(self._api.payer(org))
        if why:
            raise EarlyStop(why.message, why.hint)

    def stop(self, why: EarlyStop, org: str | None = None) -> None:
        """Submit nothing more in this run on the account that pays for `org`; on none, where no one is named."""
        self._reached.setdefault(None if org is None else self._api.payer(org), self._note(why))

    def _note(self, why: EarlyStop) -> EarlyStop:
        self.stopped = self.stopped or why
        return why

    def _spent(self, org: str) -> tuple[int, float]:
        return self._state.intents.spent_today(self._api.paying_with(org))

    def _quota(self, org: str) -> EarlyStop | None:
        quota = self._api.account(org).limits.exports_per_day
        if quota is None:
            return None
        jobs, part = self._spent(org)[0], self._shard.part(quota)
        if part != quota and jobs >= part:
            return EarlyStop(
                f"this shard's part of exports_per_day is {part}, and it created {jobs} jobs today", TOMORROW
            )
        # Of the account's list, which has the jobs of all shards, the whole quota is the measure.
        listed, counted_then = self._listed.get((self._api.payer(org), today()), (0, 0))
        jobs = max(jobs, listed + jobs - counted_then)
        if jobs < quota:
            return None
        return EarlyStop(f"exports_per_day is {quota}, and today has {counted(jobs, 'job')} already", TOMORROW)

    def _credits(self, org: str, charge: float) -> EarlyStop | None:
        budget = self._api.account(org).limits.credits_per_day
        if budget is None:
            return None
        spent = self._spent(org)[1]
        if spent + charge <= budget:
            return None
        return EarlyStop(
            f"credits_per_day is {budget:,.0f}, {spent:,.0f} are spent today, and the next export takes {charge:,.0f}",
            TOMORROW,
        )


def failed_fast(name: str) -> EarlyStop:
    """Why nothing more is submitted once an export failed, where the first failure is to be enough."""
    return EarlyStop(f"--fail-fast: {name} failed")
