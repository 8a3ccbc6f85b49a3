"""The jobs that an account has already: looked through once a project, to adopt one or to tell ours from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.echo import echoes
from runner.bql.request import JOB_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class SamePayload:
    """What a complete listing has of a payload.

    `jobs` carry it, newest first; `opaque` are the ids of those that echo nothing, of which nobody can tell; `listed`
    are the ids of all.
    """

    jobs: tuple[Job, ...]
    opaque: frozenset[str]
    listed: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        """Every job that was there before a submission of ours, and might be taken for it."""
        return self.opaque | {job.id for job in self.jobs}


def same_payload(payload: JsonObject, jobs: Sequence[Job]) -> SamePayload:
    """Sort a complete listing by whether it echoes this payload."""
    matching, opaque = [], set()
    for job in jobs:
        if not job.payload:
            opaque.add(job.id)
        elif echoes(payload, job.payload):
            matching.append(job)
    return SamePayload(tuple(matching), frozenset(opaque), frozenset(job.id for job in jobs))


class AccountJobs:
    """One project's job list, read on first need and kept while its exports are planned."""

    def __init__(self, api: Botify, org: str, project: str) -> None:
        self._api = api
        self._org, self._project = org, project
        self._jobs: tuple[Job, ...] | None = None

    async def with_payload(self, payload: JsonObject) -> SamePayload:
        """What the account's jobs, all pages, have of this payload."""
        if self._jobs is None:
            self._jobs = await self._api.jobs(self._org, self._project, job_type=JOB_TYPE)
        return same_payload(payload, self._jobs)
