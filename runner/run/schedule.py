"""Waiting is a schedule: jobs in a heap by when to look next, a few lookers, however many jobs wait."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import anyio

from runner.errors import ApiAnswerError, ApiRefused, ApiUnavailable, BqlrunError, ExportError, JobTimeout
from runner.run.events import Event

if TYPE_CHECKING:
    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.run.events import Listener
    from runner.spec.model import Poll

FINISHED = frozenset({"DONE", "FAILED"})
UNDERWAY = frozenset({"CREATED", "PROCESSING"})
LOOKERS = 4
# From so many jobs of one organisation on, a page of its job list is asked for instead of each of them.
MANY = 6
# The page is this much longer than the jobs that are waited for: others create jobs in the same account.
MARGIN = 4
# Each look at a job that is not finished makes the next one this much later.
SLOWER = 1.5
# So many answers in a row that say nothing of the job are the API's last word.
STRANGE_ANSWERS = 8
NOT_FOUND = 404


@dataclass(order=True, slots=True)
class Watched:
    """A job that someone waits for. Ordered by when to look at it next."""

    due: float
    number: int
    org: str = field(compare=False)
    job_id: str = field(compare=False)
    name: str = field(compare=False)
    delay: float = field(compare=False)
    deadline: float = field(compare=False)
    is_new: bool = field(compare=False, default=False)
    alone: bool = field(compare=False, default=False)
    strange: int = field(compare=False, default=0)
    finished: anyio.Event = field(compare=False, default_factory=anyio.Event)
    job: Job | None = field(compare=False, default=None)
    error: BqlrunError | None = field(compare=False, default=None)


class Schedule:
    """Watches jobs until they finish. `serve` runs beside those who `wait`."""

    def __init__(self, api: Botify, poll: Poll, tell: Listener) -> None:
        self._api = api
        self._poll = poll
        self._tell = tell
        self._heap: list[Watched] = []
        self._numbers = count()
        self._changed = anyio.Event()
        self._lookers = anyio.Semaphore(LOOKERS)
        self._strange: set[str] = set()

    async def wait(self, org: str, job_id: str, name: str, *, at_once: bool) -> Job:
        """The job once it is DONE or FAILED; JobTimeout after `poll.timeout` seconds.

        `at_once` looks without the first pause: for jobs that were created some time ago.
        """
        now = time.monotonic()
        first = 0 if at_once else self._poll.first
        watched = Watched(
            due=now + first,
            number=next(self._numbers),
            org=org,
            job_id=job_id,
            name=name,
            delay=self._poll.first,
            deadline=now + self._poll.timeout,
            is_new=not at_once,
        )
        self._push(watched)
        await watched.finished.wait()
        if watched.error:
            raise watched.error
        if watched.job is None:
            raise AssertionError("a finished watch has a job or an error")
        return watched.job

    async def serve(self) -> None:
        """Look at what is due, for ever."""
        async with anyio.create_task_group() as group:
            while True:
                watched = await self._next_due()
                await self._lookers.acquire()
                together = self._waiting_with(watched)
                if len(together) >= MANY and not watched.alone:
                    group.start_soon(self._look_at_many, watched.org, together)
                else:
                    group.start_soon(self._look, watched)

    def _push(self, watched: Watched) -> None:
        heapq.heappush(self._heap, watched)
        self._changed.set()

    async def _next_due(self) -> Watched:
        while True:
            pause = self._heap[0].due - time.monotonic() if self._heap else float("inf")
            if pause <= 0:
                return heapq.heappop(self._heap)
            self._changed = anyio.Event()
            with anyio.move_on_after(pause):
                await self._changed.wait()

    def _waiting_with(self, watched: Watched) -> list[Watched]:
        """All that wait for jobs of the same organisation: a page of its job list tells of them all."""
        return [watched, *(each for each in self._heap if each.org == watched.org and not each.alone)]

    async def _look_at_many(self, org: str, together: list[Watched]) -> None:
        """One page of the account's list instead of a request a job; what is not on it is asked for by itself."""
        mine = {id(each) for each in together}
        self._heap = [each for each in self._heap if id(each) not in mine]
        heapq.heapify(self._heap)
        try:
            listed = {job.id: job for job in await self._api.newest_jobs(org, MARGIN * len(together))}
        except BqlrunError:
            listed = {}
        finally:
            self._lookers.release()
        for each in together:
            each.job = listed.get(each.job_id, each.job)
            each.alone = each.job_id not in listed
            if each.alone:
                self._again(each)
            else:
                self._see(each, listed[each.job_id])

    async def _look(self, watched: Watched) -> None:
        try:
            watched.job = await self._api.job(watched.org, watched.job_id)
        except ApiUnavailable:
            # Not being able to look says nothing about the job: look again, until its time is up.
            self._again(watched)
        except BqlrunError as error:
            watched.strange += 1
            self._again(watched) if _says_nothing(error, watched) else self._finish(watched, error)
        else:
            watched.strange = 0
            self._see(watched, watched.job)
        finally:
            self._lookers.release()

    def _see(self, watched: Watched, job: Job) -> None:
        if job.status in FINISHED:
            self._finish(watched, None)
            return
        if job.status not in UNDERWAY and job.status not in self._strange:
            self._strange.add(job.status)
            text = f"job {job.id} has the status {job.status}, which nobody has seen before: waiting on"
            self._tell(Event("warning", watched.name, text))
        self._again(watched)

    def _again(self, watched: Watched) -> None:
        now = time.monotonic()
        if now >= watched.deadline:
            self._finish(watched, _timed_out(watched, self._poll))
            return
        watched.due = min(now + watched.delay, watched.deadline)
        watched.delay = min(watched.delay * SLOWER, self._poll.max)
        self._push(watched)

    def _finish(self, watched: Watched, error: BqlrunError | None) -> None:
        watched.error = error
        watched.finished.set()


def _says_nothing(error: BqlrunError, watched: Watched) -> bool:
    """Whether an answer may be only the API's own trouble: what nobody documents, a new job that is not there yet."""
    not_there_yet = isinstance(error, ApiRefused) and error.status == NOT_FOUND and watched.is_new
    return watched.strange < STRANGE_ANSWERS and (isinstance(error, ApiAnswerError) or not_there_yet)


def _timed_out(watched: Watched, poll: Poll) -> ExportError:
    status = watched.job.status if watched.job else "unknown"
    return JobTimeout(f"job {watched.job_id} has not finished in {poll.timeout:g} s; its status is {status}")
