"""The jobs that an account has already: looked through once a project, to adopt one or to tell ours from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.echo import echoes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.bql.request import Request
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
    """One project's lists of jobs, each read on first need and kept while its exports are planned."""

    def __init__(self, api: Botify, org: str, project: str) -> None:
        self._api = api
        self._org, self._project = org, project
        self._jobs: dict[tuple[str, str | None], tuple[Job, ...]] = {}

    async def like(self, request: Request) -> SamePayload:
        """What the account's jobs, all pages, have of what this request asks for."""
        key = request.job_type, request.analysis
        if key not in self._jobs:
            self._jobs[key] = await self._api.jobs(self._org, self._project, *key)
        return same_payload(request.echo, self._jobs[key])
