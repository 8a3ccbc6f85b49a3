"""One export's life within a run: claimed, its job found or created, waited for, its file brought home."""

from __future__ import annotations

from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from runner.counted import counted
from runner.errors import BqlrunError, EarlyStop, JobFailed, PathTaken, PlaceError, RowCountError, said
from runner.jsonvalue import digest
from runner.plan.age import age_today
from runner.plan.ownership import may_have, refuse_anothers
from runner.plan.whole import is_half_renewed
from runner.run.claiming import claimed
from runner.run.diagnose import why_failed
from runner.run.events import Event
from runner.run.outcome import Outcome
from runner.run.record import new_record, refused_record, submitted_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from anyio.abc import TaskGroup

    from runner.botify.client import Botify
    from runner.jsonvalue import JsonObject
    from runner.plan.decide import Wishes
    from runner.plan.model import Decision, PlannedExport, Wanted
    from runner.run.budget import Budget
    from runner.run.collect import Collector
    from runner.run.events import Listener
    from runner.run.placing import Placer
    from runner.run.schedule import Found, Schedule
    from runner.run.submit import Submitter
    from runner.run.whole import Assembler
    from runner.state.exports import ExportRecord
    from runner.state.store import State


@dataclass
class Lifecycle:
    """Carries exports through their lives, for one API.

    `slots` bounds the jobs in flight at once; `taken` are the paths that the command's exports write, all specs of it.
    Who is `leaving` submits and waits for no file: the task group is where slots are watched until then.
    """

    api: Botify
    state: State
    submitter: Submitter
    schedule: Schedule
    placer: Placer
    collector: Collector
    assembler: Assembler
    budget: Budget
    slots: anyio.Semaphore
    tell: Listener
    wishes: Wishes
    taken: dict[str, str]
    leaving: TaskGroup | None = None
    _locks: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    async def carry(self, planned: PlannedExport) -> Outcome:
        """Do what the plan says about one export; whatever goes wrong with it is its own outcome."""
        for warning in planned.warnings:
            self.tell(Event("warning", planned.name, warning))
        try:
            outcome = await self._carry(planned)
        except EarlyStop:
            outcome = self._left_undone(planned)
        except BqlrunError as error:
            outcome = self._failed(planned, error)
        except OSError as error:
            outcome = self._failed(planned, PlaceError(f"the disk refused: {said(error)}"))
        return outcome

    async def _carry(self, planned: PlannedExport) -> Outcome:
        wanted, decision = planned.wanted, planned.decision
        if planned.error:
            raise planned.error
        if planned.path:
            self._only_one_writes(planned.path, f"{planned.name} of the spec {planned.spec.name}")
        if wanted is None or decision is None:
            self.tell(Event("skipped", planned.name, decision.reason if decision else "", _figures(planned)))
            return Outcome(planned, "done", decision.record if decision else None)
        if decision.action == "skip":
            if not is_half_renewed(planned, self.state):
                self.assembler.clear(wanted)
            self._agree(wanted, decision.record)
            self.tell(Event("skipped", planned.name, decision.reason, _figures(planned)))
            return Outcome(planned, "done", decision.record)
        if decision.action == "refuse":
            # The reason is the error that the file was held with, and ends with the hint that comes again.
            raise RowCountError(decision.reason.removesuffix(f" ({RowCountError.hint})"))
        self.tell(Event("planned", planned.name, f"{decision.action}: {decision.reason}", _figures(planned)))
        async with self._claimed(planned, wanted):
            await refuse_anothers(wanted, self.state)
            work = self._work_in_parts if planned.parts else self._work
            return await work(planned, wanted, decision)

    def _agree(self, wanted: Wanted, record: ExportRecord | None) -> None:
        """The next run need not plan it again: not even where the spec says otherwise what comes to the same."""
        if record and wanted.terms and record.terms != wanted.terms:
            self.state.exports.agree(record.path, wanted.terms, wanted.warning)

    async def _work_in_parts(self, planned: PlannedExport, wanted: Wanted, decision: Decision) -> Outcome:
        """Every part by itself, and the whole when all are there; parts that are done stay for the next run."""
        finished = self._finished_meanwhile(planned, wanted, decision, self.state.exports.at(wanted.path))
        if finished:
            return finished
        self.state.moments.note(wanted.path, "waiting")
        self.state.moments.note(wanted.path, "exporting")
        outcomes: list[Outcome] = []
        async with anyio.create_task_group() as group:
            for part in planned.parts:
                group.start_soon(self._carry_part, part, outcomes)
        for outcome in outcomes:
            if outcome.error:
                raise outcome.error
        if any(outcome.status == "pending" for outcome in outcomes):
            return Outcome(planned, "pending")
        if any(outcome.status == "submitted" for outcome in outcomes):
            record = submitted_record(planned, wanted, _job_ids(outcomes))
            self.state.exports.put(record)
            return Outcome(planned, "submitted", record, worked=True)
        by_name = {outcome.planned.partition: outcome.record for outcome in outcomes}
        parts = [by_name[part.partition] for part in planned.parts]
        record = new_record(planned, wanted, decision.job)
        self.state.moments.note(wanted.path, "checking")
        done = await self.assembler.put_together(planned, wanted, record, [part for part in parts if part])
        self.assembler.clear(wanted)
        return self._done(planned, done)

    async def _carry_part(self, part: PlannedExport, outcomes: list[Outcome]) -> None:
        outcomes.append(await self.carry(part))

    def _only_one_writes(self, path: str, name: str) -> None:
        """Two exports for one path would overwrite each other, on some disks also if only letter case differs."""
        other = self.taken.setdefault(path.casefold(), name)
        if other != name:
            raise PathTaken(f"{path} is also the path of {other}", "tell them apart in `output.path`")

    @asynccontextmanager
    async def _claimed(self, planned: PlannedExport, wanted: Wanted) -> AsyncIterator[None]:
        """Alone with what is asked for, in this process by a lock, and among processes by claims, with its place too:
        whose that is another run may be about to say.
        """
        async with self._locks[wanted.fingerprint]:
            waiting = Event("waiting", planned.name, "another run is at it")
            claims = wanted.fingerprint, digest(["place", wanted.path])
            async with claimed(self.state, claims, self.tell, waiting):
                yield

    async def _work(self, planned: PlannedExport, wanted: Wanted, decision: Decision) -> Outcome:
        record = self.state.exports.at(wanted.path)
        finished = self._finished_meanwhile(planned, wanted, decision, record)
        if finished:
            return finished
        if decision.record and decision.record.held and self.wishes.accept_rows:
            return self._done(planned, await self.placer.put_held(planned, wanted, decision.record))
        record = new_record(planned, wanted, decision.job)
        self.state.moments.note(wanted.path, "waiting")
        if wanted.request.listed:
            return self._done(planned, await self.collector.collect_pages(planned, wanted, record))
        if self.leaving:
            return await self._submit_only(self.leaving, planned, wanted, decision)
        async with self.slots:
            found = await self.submitter.job_for(planned, wanted, decision)
            record = replace(record, job_id=found.id)
            at_once = decision.action != "submit"
            job = await self.schedule.wait(planned.org, found, planned.name, at_once=at_once)
            self.state.jobs.update(job.id, job.status, job.download_url)
        if job.status == "FAILED":
            raise JobFailed(f"the API reports job {job.id} FAILED; {await why_failed(self.api, wanted)}")
        record = replace(record, status="downloading")
        self.state.exports.put(record)
        return self._done(planned, await self.collector.collect(planned, wanted, record, job))

    async def _submit_only(
        self, background: TaskGroup, planned: PlannedExport, wanted: Wanted, decision: Decision
    ) -> Outcome:
        """Have a job and leave it to a later run. Its slot is taken until it ends: `limits.jobs` holds here too."""
        await self.slots.acquire()
        try:
            found = await self.submitter.job_for(planned, wanted, decision)
        except BaseException:
            self.slots.release()
            raise
        background.start_soon(self._free_slot, planned, found)
        return Outcome(planned, "submitted", submitted_record(planned, wanted, found.id), worked=True)

    async def _free_slot(self, planned: PlannedExport, found: Found) -> None:
        """What becomes of the job is for the run that collects it."""
        with suppress(BqlrunError):
            await self.schedule.wait(planned.org, found, planned.name, at_once=False)
        self.slots.release()

    def _finished_meanwhile(
        self, planned: PlannedExport, wanted: Wanted, decision: Decision, record: ExportRecord | None
    ) -> Outcome | None:
        """Another process may have finished it while this one waited for its claim."""
        if record is None or record == decision.record or record.fingerprint != wanted.fingerprint:
            return None
        if record.status != "done" or record.style != wanted.style or decision.renew:
            return None
        self.tell(Event("skipped", planned.name, "another run has done it"))
        return Outcome(planned, "done", record)

    def _done(self, planned: PlannedExport, record: ExportRecord) -> Outcome:
        figures = {"partition": planned.partition, "rows": record.rows, "bytes": record.bytes, "path": record.path}
        where = "" if planned.partition else f" in {record.path}"
        self.tell(Event("done", planned.name, counted(record.rows or 0, "row") + where, figures))
        return Outcome(planned, "done", record, worked=True)

    def _left_undone(self, planned: PlannedExport) -> Outcome:
        """The state file knows what a limit left for the next run, unless it knows more of that path already."""
        if planned.wanted and self.state.exports.at(planned.wanted.path) is None:
            self.state.exports.put(new_record(planned, planned.wanted, None))
        return Outcome(planned, "pending")

    def _failed(self, planned: PlannedExport, error: BqlrunError) -> Outcome:
        self.tell(Event("failed", planned.name, str(error)))
        if self.wishes.fail_fast:
            self.budget.stop(EarlyStop(f"--fail-fast: {planned.name} failed"))
        record = self._note_failure(planned, error)
        return Outcome(planned, "failed", record, error)

    def _note_failure(self, planned: PlannedExport, error: BqlrunError) -> ExportRecord | None:
        """The state file keeps the error; a good file that is there from before keeps its record."""
        wanted = planned.wanted
        record = self.state.exports.at(wanted.path) if wanted else None
        if wanted is None or planned.decision is None or (record and not may_have(wanted, record)):
            self.state.exports.put(refused_record(planned, self.state.api, error))
            return None
        if record and record.status == "done":
            return record
        before = planned.decision.record
        if isinstance(error, JobFailed) and before and before.status == "done":
            # What was to be replaced is still there, and nothing better comes of a job that failed.
            self.state.exports.put(before)
            return before
        record = record or new_record(planned, wanted, planned.decision.job)
        record = replace(record, status="failed", error=str(error))
        self.state.exports.put(record)
        return record


def _figures(planned: PlannedExport) -> JsonObject:
    crawl = {"crawl": planned.analysis, "crawl_age_days": age_today(planned.analysis)}
    return {"action": planned.action, "partition": planned.partition, **crawl}


def _job_ids(outcomes: Sequence[Outcome]) -> str:
    """The jobs of a whole's parts, as a record names them."""
    return ",".join(each.record.job_id for each in outcomes if each.record and each.record.job_id)
