"""Job slots: an export takes one before its job is asked for, and the slot is free again when the job has ended."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from runner.errors import BqlrunError, JobFailed
from runner.run.diagnose import why_failed

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.plan.model import Decision, PlannedExport, Wanted
    from runner.run.schedule import Found, Schedule
    from runner.run.submit import Submitter
    from runner.state.jobs import Jobs


class Slots:
    """No more jobs in flight at once than `limits.jobs` allows, for one API."""

    def __init__(self, api: Botify, jobs: Jobs, submitter: Submitter, schedule: Schedule, limit: int) -> None:
        self._api = api
        self._jobs = jobs
        self._submitter = submitter
        self._schedule = schedule
        self._free = anyio.Semaphore(limit)

    async def finished(self, planned: PlannedExport, wanted: Wanted, decision: Decision) -> Job:
        """The export's job once it is DONE; JobFailed, with the reason, where it FAILED, JobTimeout where it stays."""
        async with self._free:
            found = await self._submitter.job_for(planned, wanted, decision)
            at_once = decision.action != "submit"
            job = await self._schedule.wait(planned.org, found, planned.name, at_once=at_once)
            self._jobs.update(job.id, job.status, job.download_url)
            if job.status == "FAILED":
                # The slot is free when that is told: --fail-fast submits nothing more while it is asked why.
                raise JobFailed(f"the API reports job {job.id} FAILED; {await why_failed(self._api, wanted)}")
        return job

    async def submitted(self, background: TaskGroup, planned: PlannedExport, wanted: Wanted, decision: Decision) -> str:
        """The id of the export's job, which a later run collects. Its slot is taken until it ends all the same."""
        await self._free.acquire()
        try:
            found = await self._submitter.job_for(planned, wanted, decision)
        except BaseException:
            self._free.release()
            raise
        background.start_soon(self._release_when_ended, planned, found)
        return found.id

    async def _release_when_ended(self, planned: PlannedExport, found: Found) -> None:
        """What becomes of the job is for the run that collects it."""
        with suppress(BqlrunError):
            await self._schedule.wait(planned.org, found, planned.name, at_once=False)
        self._free.release()
