"""Submissions whose outcome nobody knows: their jobs are found in the account, certainly absent, or not to be told."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio

from runner.bql.echo import echoes
from runner.errors import ApiUnavailable
from runner.plan.account_jobs import same_payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.plan.account_jobs import SamePayload
    from runner.plan.model import Wanted
    from runner.state.intents import Intent
    from runner.state.store import State

# Organisation, project, kind of job, and the crawl where jobs are listed by crawl.
Place: TypeAlias = tuple[str, str, str, str | None]


@dataclass
class Listings:
    """Complete listings of the account's jobs. Several exports that wait for a fresh listing share one."""

    api: Botify
    _read: dict[Place, tuple[float, tuple[Job, ...]]] = field(default_factory=dict)
    _locks: defaultdict[Place, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    async def begun_after(self, moment: float, place: Place) -> tuple[Job, ...]:
        """A listing that was begun at `moment` or later, by the monotonic clock."""
        async with self._locks[place]:
            begun, jobs = self._read.get(place, (float("-inf"), ()))
            if begun < moment:
                begun = time.monotonic()
                jobs = await self.api.jobs(*place)
                self._read[place] = begun, jobs
            return jobs


class Recovery:
    """Looks for the jobs of broken-off submissions, for one API.

    `echoes` tells by the kind of job whether payloads come back as they were sent, once that was seen.
    """

    def __init__(self, api: Botify, state: State) -> None:
        self._state = state
        self._listings = Listings(api)
        self.echoes: dict[str, bool] = {}

    async def look(self, wanted: Wanted, intent: Intent, *, force: bool = False) -> Job | None:
        """Find the job of a submission. None where it certainly does not exist: then the intent is settled.

        Raises ApiUnavailable where a job may exist and nobody can tell which one it is; the intent stays open. With
        `force` it goes on as if there were no such job.
        """
        org, project, asking = wanted.asked.project.org, wanted.asked.project.project, wanted.request
        place = (org, project, asking.job_type, asking.analysis)
        jobs = await self._listings.begun_after(time.monotonic(), place)
        posting = intent.posting
        same = same_payload(posting.payload, jobs)
        earlier = self._state.jobs.ids_of(org, project)
        accounted = earlier | posting.known
        ours = [job for job in same.jobs if job.id not in accounted]
        if ours:
            self.echoes[asking.job_type] = True
            return ours[0]
        matches = False if posting.blind else self._matches(asking.job_type, [job for job in jobs if job.id in earlier])
        suspects = _suspects(same, posting.listed, matches=matches) - accounted
        if (suspects or matches is False) and not force:
            raise _cannot_be_told(suspects)
        self._state.intents.settle(intent, "absent")
        return None

    def _matches(self, job_type: str, earlier: Sequence[Job]) -> bool | None:
        """Whether payloads come back as they were sent, by jobs of this run or `earlier` ones; None if none tells."""
        if job_type not in self.echoes and any(self._came_back(job) for job in earlier):
            self.echoes[job_type] = True
        return self.echoes.get(job_type)

    def _came_back(self, job: Job) -> bool:
        sent = self._state.intents.sent_for(job.id)
        return sent is not None and bool(job.payload) and echoes(sent, job.payload)


def _suspects(same: SamePayload, listed: frozenset[str] | None, *, matches: bool | None) -> frozenset[str]:
    """Jobs that may be ours and cannot be compared: those without a payload, and until an echo was seen to match,
    all that were not there before.
    """
    if matches or listed is None:
        return same.opaque
    return same.opaque | (same.listed - listed)


def _cannot_be_told(suspects: frozenset[str]) -> ApiUnavailable:
    which = f"look at the account's jobs {', '.join(sorted(suspects))}" if suspects else "look at the account's jobs"
    return ApiUnavailable(
        "whether its job was created cannot be told: the API has not shown a payload as it was sent",
        f"{which}; --force submits it again, and pays",
    )
