"""The day's quota and budget: guards that are asked before every submission, and once reached stop them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import EarlyStop
from runner.state.clock import today

if TYPE_CHECKING:
    from runner.botify.client import Botify
    from runner.plan.model import Wanted
    from runner.run.stop import Stop
    from runner.spec.shard import Shard
    from runner.state.store import State

TOMORROW = "run again after 00:00 UTC to go on"


class Budget:
    """What may still be submitted. `stopped` is set for good once something was reached, or new work is unwanted."""

    def __init__(self, state: State, stop: Stop, shard: Shard) -> None:
        self._state = state
        self._stop = stop
        self._shard = shard
        self._listed: dict[frozenset[str] | None, tuple[int, int]] = {}
        self.stopped: EarlyStop | None = None

    def admit(self, wanted: Wanted) -> None:
        """Let a submission pass, or raise EarlyStop."""
        reached = self._reached(wanted)
        if reached:
            self.stop(EarlyStop(reached, TOMORROW))
        self.check()

    async def look(self, api: Botify, wanted: Wanted) -> None:
        """Count, once a run, the day's jobs in the account's own list: others may have used up the quota."""
        org, orgs = wanted.asked.project.org, self._orgs(wanted)
        if orgs in self._listed or wanted.spec.api.account(org).limits.exports_per_day is None:
            return
        listed = await api.count_jobs_since(org, today())
        self._listed[orgs] = (listed, self._state.jobs.spent_today(orgs)[0])

    def check(self) -> None:
        """Raise EarlyStop once anything was reached, or the run was told to stop."""
        if self._stop():
            raise EarlyStop("the run was told to stop")
        if self.stopped:
            raise EarlyStop(self.stopped.message, self.stopped.hint)

    def stop(self, why: EarlyStop) -> None:
        """Submit nothing more in this run."""
        self.stopped = self.stopped or why

    def _reached(self, wanted: Wanted) -> str | None:
        limits = wanted.spec.api.account(wanted.asked.project.org).limits
        if limits.exports_per_day is None and limits.credits_per_day is None:
            return None
        orgs = self._orgs(wanted)
        jobs, spent = self._state.jobs.spent_today(orgs)
        quota = limits.exports_per_day
        part = None if quota is None else self._shard.part(quota)
        if part != quota and jobs >= (part or 0):
            return f"this shard's part of exports_per_day is {part}, and it created {jobs} jobs today"
        # Of the account's list, which has the jobs of all shards, the whole quota is the measure.
        listed, counted_then = self._listed.get(orgs, (0, 0))
        jobs = max(jobs, listed + jobs - counted_then)
        if quota is not None and jobs >= quota:
            return f"exports_per_day is {quota}, and {jobs} jobs were created today"
        cost = wanted.cost or 0.0
        if limits.credits_per_day is not None and spent + cost > limits.credits_per_day:
            return (
                f"credits_per_day is {limits.credits_per_day:,.0f}, {spent:,.0f} are spent today,"
                f" and the next export takes {cost:,.0f}"
            )
        return None

    def _orgs(self, wanted: Wanted) -> frozenset[str] | None:
        """The organisations that pay from the same account: one of its own, or all that share the default."""
        org = wanted.asked.project.org
        return frozenset({org}) if org in wanted.spec.api.accounts else None
