"""One export's life within a run: claimed, its job found or created, waited for, its file brought home."""

from __future__ import annotations

from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from runner.counted import counted
from runner.errors import BqlrunError, EarlyStop, PathTaken, PlaceError, RowCountError, said
from runner.jsonvalue import digest
from runner.plan.age import age_today
from runner.plan.ownership import refuse_anothers
from runner.plan.whole import is_half_renewed
from runner.run.budget import failed_fast
from runner.run.claiming import claimed
from runner.run.events import Event
from runner.run.outcome import Outcome
from runner.run.record import new_record, note_failure, note_undone, submitted_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskGroup

    from runner.jsonvalue import JsonObject
    from runner.plan.decide import Wishes
    from runner.plan.model import Decision, PlannedExport, Wanted
    from runner.run.budget import Budget
    from runner.run.collect import Collector
    from runner.run.events import Listener
    from runner.run.placing import Placer
    from runner.run.slots import Slots
    from runner.run.whole import Assembler
    from runner.state.exports import ExportRecord
    from runner.state.store import State


@dataclass
class Lifecycle:
    """Carries exports through their lives, for one API.

    `taken` are the paths that the command's exports write, all specs of it. Who is `leaving` submits and waits for no
    file: the task group is where job slots are watched until their jobs end.
    """

    state: State
    slots: Slots
    placer: Placer
    collector: Collector
    assembler: Assembler
    budget: Budget
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
            note_undone(self.state, planned)
            outcome = Outcome(planned, "pending")
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
            return self._skipped(planned)
        if decision.action == "skip":
            if not is_half_renewed(planned, self.state):
                self.assembler.clear(wanted)
            self._agree(wanted, decision.record)
            return self._skipped(planned)
        if decision.action == "refuse":
            # The reason is the error that the file was held with, and ends with the hint that comes again.
            raise RowCountError(decision.reason.removesuffix(f" ({RowCountError.hint})"))
        self.tell(Event("planned", planned.name, f"{decision.action}: {decision.reason}", _figures(planned)))
        async with self._claimed(planned, wanted):
            await refuse_anothers(wanted, self.state)
            outcome = await self._work(planned, wanted, decision)
            if outcome.worked and outcome.record and outcome.status == "done":
                self._tell_done(planned, outcome.record)
            return outcome

    def _skipped(self, planned: PlannedExport) -> Outcome:
        decision = planned.decision
        self.tell(Event("skipped", planned.name, decision.reason if decision else "", _figures(planned)))
        return Outcome(planned, "done", decision.record if decision else None)

    def _agree(self, wanted: Wanted, record: ExportRecord | None) -> None:
        """Keep the spec's terms with what they came to, so that the next run need not plan it again."""
        if record and wanted.terms and record.terms != wanted.terms:
            self.state.exports.agree(record.path, wanted.terms, wanted.warning)

    def _only_one_writes(self, path: str, name: str) -> None:
        """Two exports for one path would overwrite each other, on some disks also if only letter case differs."""
        other = self.taken.setdefault(path.casefold(), name)
        if other != name:
            raise PathTaken(f"{path} is also the path of {other}", "tell them apart in `output.path`")

    @asynccontextmanager
    async def _claimed(self, planned: PlannedExport, wanted: Wanted) -> AsyncIterator[None]:
        """Nobody else asks the same or writes this path: in this process by a lock, in other runs by claims."""
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
        if planned.parts:
            return await self.assembler.work(planned, wanted, decision, self.carry)
        if decision.record and decision.record.held and self.wishes.accept_rows:
            return _done(planned, await self.placer.put_held(planned, wanted, decision.record))
        record = new_record(planned, wanted, decision.job)
        self.state.moments.note(wanted.path, "waiting")
        if wanted.request.listed:
            return _done(planned, await self.collector.collect_pages(planned, wanted, record))
        if self.leaving:
            job_id = await self.slots.submitted(self.leaving, planned, wanted, decision)
            return Outcome(planned, "submitted", submitted_record(planned, wanted, job_id), worked=True)
        job = await self.slots.finished(planned, wanted, decision)
        record = replace(record, job_id=job.id, status="downloading")
        self.state.exports.put(record)
        return _done(planned, await self.collector.collect(planned, wanted, record, job))

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

    def _tell_done(self, planned: PlannedExport, record: ExportRecord) -> None:
        figures = {"partition": planned.partition, "rows": record.rows, "bytes": record.bytes, "path": record.path}
        where = "" if planned.partition else f" in {record.path}"
        self.tell(Event("done", planned.name, counted(record.rows or 0, "row") + where, figures))

    def _failed(self, planned: PlannedExport, error: BqlrunError) -> Outcome:
        self.tell(Event("failed", planned.name, str(error)))
        if self.wishes.fail_fast:
            self.budget.stop(failed_fast(planned.name))
        return Outcome(planned, "failed", note_failure(self.state, planned, error), error)


def _done(planned: PlannedExport, record: ExportRecord) -> Outcome:
    return Outcome(planned, "done", record, worked=True)


def _figures(planned: PlannedExport) -> JsonObject:
    crawl = {"crawl": planned.analysis, "crawl_age_days": age_today(planned.analysis)}
    return {"action": planned.action, "partition": planned.partition, **crawl}
