"""Never pay twice: the one place that creates jobs. Intent first, look before submitting again, adopt what is there."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import anyio

from runner.bql.echo import echoes
from runner.errors import ApiThrottled, ApiUnavailable, BqlrunError, EarlyStop, ExportRunning, OutcomeUnknown
from runner.run.budget import TOMORROW
from runner.run.events import Event
from runner.run.record import submitted_record
from runner.run.recovery import Recovery
from runner.run.schedule import Found
from runner.state.intents import Posting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.plan.model import Decision, PlannedExport, Wanted
    from runner.run.budget import Budget
    from runner.run.events import Listener
    from runner.run.stop import Stop
    from runner.state.intents import Intent
    from runner.state.jobs import KnownJob, Origin
    from runner.state.store import State

# How often an export is submitted within one run when each time the job is certainly absent afterwards.
TRIES = 4


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, before absence counts (contract 3, Recovery and Limits)."""

    after_answer: float = 3
    after_silence: float = 10
    throttled: float = 60
    between_throttled: float = 5
    running: float = 3600


class Submitter:
    """Finds or creates the job of an export, for one API."""

    def __init__(
        self, api: Botify, state: State, budget: Budget, stop: Stop, tell: Listener, patience: Patience
    ) -> None:
        self._api = api
        self._state = state
        self._budget = budget
        self._stop = stop
        self._tell = tell
        self._patience = patience
        self._recovery = Recovery(api, state)
        self._first = anyio.Lock()

    async def job_for(self, planned: PlannedExport, wanted: Wanted, decision: Decision) -> Found:
        """The job that carries this export: a known one, an adopted, a recovered, or at last a new one.

        The export's record says so as soon as the job's does: in one commit, where the job is new here.
        Raises ApiRefused where the API says no, ApiUnavailable where nobody can say, EarlyStop at quota or budget.
        """
        intent = self._state.intents.open_for(wanted.fingerprint)
        if intent:
            self._tell(Event("waiting", planned.name, "looking for the job of a submission that was broken off"))
            await anyio.sleep(self._patience.after_silence)
            job = await self._recovery.look(wanted, intent, force=decision.renew)
            if job:
                return self._record(planned, wanted, job, "recovered")
            elsewhere = None if decision.renew else self._had_elsewhere(wanted, intent)
            if elsewhere:
                return self._known(planned, wanted, elsewhere.id)
            return await self._submit(planned, wanted, intent.posting.known, intent.posting.listed)
        known = self._state.jobs.latest(wanted.fingerprint)
        if known and known.status != "FAILED" and not decision.renew:
            return self._known(planned, wanted, known.id)
        # Another name of the same question, or another run, had it since: once is enough, also where that failed.
        news = self._state.jobs.news(wanted.fingerprint)
        if news:
            return self._known(planned, wanted, news.id)
        if decision.adopts:
            return self._record(planned, wanted, decision.adopts, "adopted")
        return await self._submit(planned, wanted, decision.known, decision.listed)

    def _had_elsewhere(self, wanted: Wanted, intent: Intent) -> KnownJob | None:
        """A job of this export that another machine submitted later, known from a merged state file.

        Not one that was known before the submission: that one was to be replaced.
        """
        known = self._state.jobs.latest(wanted.fingerprint)
        return known if known and known.status != "FAILED" and known.id not in intent.posting.known else None

    async def _submit(
        self, planned: PlannedExport, wanted: Wanted, known: frozenset[str], listed: frozenset[str] | None
    ) -> Found:
        for _ in range(TRIES):
            async with self._one_at_first(wanted):
                await self._budget.look(self._api, planned.org)
                place = (planned.org, planned.project)
                guard = partial(self._budget.admit, wanted)
                posting = self._posting(wanted, known, listed)
                intent = self._state.intents.add(wanted.fingerprint, place, posting, wanted.charge, guard)
                found = await self._create(planned, wanted, intent)
            if found:
                return found
        raise ApiUnavailable(f"no job could be created in {TRIES} tries")

    def _posting(self, wanted: Wanted, known: frozenset[str], listed: frozenset[str] | None) -> Posting:
        blind = self._recovery.echoes.get(wanted.request.job_type) is False
        return Posting(wanted.request.echo, known, None if self._saw_echo(wanted) else listed, blind)

    @asynccontextmanager
    async def _one_at_first(self, wanted: Wanted) -> AsyncIterator[None]:
        """Until a payload was seen to come back as sent, submit one at a time: else whose is a new job?

        From then on, those who waited submit side by side.
        """
        async with AsyncExitStack() as alone:
            if not self._saw_echo(wanted):
                await alone.enter_async_context(self._first)
            if self._saw_echo(wanted):
                await alone.aclose()
            yield

    def _saw_echo(self, wanted: Wanted) -> bool:
        return wanted.request.job_type in self._recovery.echoes

    async def _create(self, planned: PlannedExport, wanted: Wanted, intent: Intent) -> Found | None:
        """One submission; None where it certainly came to nothing and may be tried again."""
        try:
            job = await self._post(wanted)
        except OutcomeUnknown as unknown:
            self._tell(Event("warning", planned.name, f"{unknown.message}; looking whether its job exists"))
            wait = self._patience.after_answer if unknown.answered else self._patience.after_silence
            await anyio.sleep(wait)
            found = await self._recovery.look(wanted, intent)
            return self._record(planned, wanted, found, "recovered") if found else None
        except BqlrunError:
            # Whatever else is raised says for certain that there is no job.
            self._state.intents.settle(intent, "refused")
            raise
        created = self._record(planned, wanted, job, "created")
        await self._check_echo(wanted, job)
        return created

    async def _post(self, wanted: Wanted) -> Job:
        """Create the job. 429 is a matter of pace, unless for a minute nothing but creating is answered so.

        Where exports run one at a time, the other one is waited for, an hour at most.
        """
        org = wanted.asked.project.org
        since: float | None = None
        while True:
            try:
                with self._stop.submitting():
                    return await self._api.create_job(org, wanted.request.body)
            except ApiThrottled as throttled:
                since = time.monotonic() if since is None else since
                await self._api.profile(org)
                self._give_up(org, throttled, time.monotonic() - since)
                await anyio.sleep(self._patience.between_throttled)
                self._budget.check(org)

    def _give_up(self, org: str, throttled: ApiThrottled, waited: float) -> None:
        """Raise when the wait was long enough: the other export does not end, or it must be the day's quota."""
        if isinstance(throttled, ExportRunning):
            if waited >= self._patience.running:
                raise throttled
        elif waited >= self._patience.throttled:
            quota = EarlyStop(f"the API takes no more exports today: {throttled.message}", TOMORROW)
            self._budget.stop(quota, org)
            raise quota

    async def _check_echo(self, wanted: Wanted, job: Job) -> None:
        """The first creation of a run shows whether payloads come back as they were sent."""
        if self._saw_echo(wanted):
            return
        payload = wanted.request.echo
        matches = echoes(payload, job.payload)
        if not matches:
            matches = echoes(payload, (await self._api.job(wanted.asked.project.org, job.id)).payload)
        self._recovery.echoes[wanted.request.job_type] = matches
        if not matches:
            text = "the API does not echo payloads as sent: an unknown outcome will be reported, not submitted again"
            self._tell(Event("warning", "", text))

    def _known(self, planned: PlannedExport, wanted: Wanted, job_id: str) -> Found:
        self._state.exports.put(submitted_record(planned, wanted, job_id))
        return Found(job_id)

    def _record(self, planned: PlannedExport, wanted: Wanted, job: Job, origin: Origin) -> Found:
        place, record = (planned.org, planned.project), submitted_record(planned, wanted, job.id)
        beside = partial(self._state.exports.write, record)
        self._state.jobs.record(wanted.fingerprint, job.id, job.status, origin, place, beside)
        self._tell(Event(origin, planned.name, f"job {job.id}", {"job": job.id, "credits": wanted.cost}))
        return Found(job.id, job)
