"""Waiting for jobs: a watch for each organisation, however many jobs wait."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import anyio

from runner.run.watch import FINISHED, Watch, Watched

if TYPE_CHECKING:
    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.run.events import Listener
    from runner.spec.model import Poll


@dataclass(frozen=True, slots=True)
class Found:
    """The job of an export; `seen` is how the API has just shown it, None where only the state file knows of it."""

    id: str
    seen: Job | None = None

    @property
    def ended(self) -> Job | None:
        """The job, where nothing is left to wait for."""
        job = self.seen
        told = job is not None and job.status in FINISHED and (job.download_url or job.status == "FAILED")
        return job if told else None


class Schedule:
    """Watches jobs until they finish. `serve` runs beside those who `wait`."""

    def __init__(self, api: Botify, poll: Poll, tell: Listener) -> None:
        self._api = api
        self._poll = poll
        self._tell = tell
        self._numbers = count()
        self._watches: dict[str, Watch] = {}
        self._strange: set[str] = set()
        self._begun, self._new = anyio.create_memory_object_stream[Watch](float("inf"))

    async def wait(self, org: str, found: Found, name: str, *, at_once: bool) -> Job:
        """The job once it is DONE or FAILED; JobTimeout after `poll.timeout` seconds.

        `at_once` looks without the first pause: for jobs that were created some time ago.
        """
        if found.ended:
            return found.ended
        now = time.monotonic()
        watched = Watched(
            due=now + (0 if at_once else self._poll.first),
            number=next(self._numbers),
            job_id=found.id,
            name=name,
            delay=self._poll.first,
            deadline=now + self._poll.timeout,
            is_new=not at_once,
        )
        self._watch(org).push(watched)
        await watched.finished.wait()
        if watched.error:
            raise watched.error
        if watched.job is None:
            raise AssertionError("a finished watch has a job or an error")
        return watched.job

    async def serve(self) -> None:
        """Look at what is due, for ever."""
        async with anyio.create_task_group() as group, self._begun, self._new:
            async for watch in self._new:
                group.start_soon(watch.serve)

    def _watch(self, org: str) -> Watch:
        if org not in self._watches:
            self._watches[org] = Watch(org, self._api, self._poll, self._tell, self._strange)
            self._begun.send_nowait(self._watches[org])
        return self._watches[org]
