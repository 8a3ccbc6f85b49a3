"""Watch one organisation's jobs until they end: a few one by one, many by a page of the account's job list.

When to look: `poll.first` seconds after a job's creation, then each time half as late again, up to `poll.max`; sooner
where jobs end faster than that, which the last ones tell, but never sooner than `poll.first`. Looks give way: while
other requests wait for their turn, that turn is worth more to them.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from runner.botify.answers import UNDERWAY
from runner.errors import ApiAnswerError, ApiRefused, ApiUnavailable, BqlrunError, ExportError, JobTimeout
from runner.run.events import Event

if TYPE_CHECKING:
    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.run.events import Listener
    from runner.spec.model import Poll

FINISHED = frozenset({"DONE", "FAILED"})
LOOKERS = 4
# From so many jobs on, a page of the job list is asked for instead of each of them.
MANY = 3
# The page is this much longer than the jobs that are waited for: others create jobs in the same account.
MARGIN = 4
# Each look at a job that is not finished makes the next one this much later.
SLOWER = 1.5
# How many ends tell how often jobs end.
ENDS = 16
# So many answers in a row that say nothing of the job are the API's last word.
STRANGE_ANSWERS = 8
NOT_FOUND = 404


@dataclass(order=True, slots=True)
class Watched:
    """A job that someone waits for. Ordered by when to look at it next."""

    due: float
    number: int
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


class Watch:
    """Looks at an organisation's jobs until they finish. `serve` runs beside those who wait."""

    def __init__(self, org: str, api: Botify, poll: Poll, tell: Listener, seen: set[str]) -> None:
        """`seen` are the unheard-of statuses that somebody was told about."""
        self._org = org
        self._api = api
        self._poll = poll
        self._tell = tell
        self._seen = seen
        self._heap: list[Watched] = []
        self._changed = anyio.Event()
        self._lookers = anyio.Semaphore(LOOKERS)
        self._ends: deque[float] = deque(maxlen=ENDS)

    def push(self, watched: Watched) -> None:
        """One more."""
        heapq.heappush(self._heap, watched)
        self._changed.set()

    async def serve(self) -> None:
        """Look at what is due, for ever."""
        async with anyio.create_task_group() as group:
            while True:
                await self._until_due()
                with suppress(BqlrunError):
                    await self._api.idle(self._org, self._poll.max)
                together = [each for each in self._heap if not each.alone]
                if len(together) >= MANY and not self._heap[0].alone:
                    await self._look_at_many(together)
                else:
                    await self._lookers.acquire()
                    group.start_soon(self._look, heapq.heappop(self._heap))

    async def _until_due(self) -> None:
        while True:
            pause = self._heap[0].due - time.monotonic() if self._heap else float("inf")
            if pause <= 0:
                return
            self._changed = anyio.Event()
            with anyio.move_on_after(pause):
                await self._changed.wait()

    async def _look_at_many(self, together: list[Watched]) -> None:
        """One page of the account's list instead of a request a job; what is not on it is asked for by itself."""
        self._heap = [each for each in self._heap if each.alone]
        heapq.heapify(self._heap)
        try:
            listed = {job.id: job for job in await self._api.newest_jobs(self._org, MARGIN * len(together))}
        except BqlrunError:
            listed = {}
        for each in together:
            each.job = listed.get(each.job_id, each.job)
            each.alone = each.job_id not in listed
            if each.alone:
                self._again(each)
            else:
                self._see(each, listed[each.job_id])

    async def _look(self, watched: Watched) -> None:
        try:
            watched.job = await self._api.job(self._org, watched.job_id)
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
            self._ends.append(time.monotonic())
            self._finish(watched, None)
            return
        if job.status not in UNDERWAY and job.status not in self._seen:
            self._seen.add(job.status)
            text = f"job {job.id} has the status {job.status}, which nobody has seen before: waiting on"
            self._tell(Event("warning", watched.name, text))
        self._again(watched)

    def _again(self, watched: Watched) -> None:
        now = time.monotonic()
        if now >= watched.deadline:
            self._finish(watched, _timed_out(watched, self._poll))
            return
        watched.due = min(now + min(watched.delay, self._often()), watched.deadline)
        watched.delay = min(watched.delay * SLOWER, self._poll.max)
        self.push(watched)

    def _often(self) -> float:
        """How often to look: twice as often as jobs ended of late, in seconds between two looks.

        For ever where too few have ended to tell.
        """
        if len(self._ends) < ENDS:
            return float("inf")
        return max(self._poll.first, (time.monotonic() - self._ends[0]) / ENDS / 2)

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
