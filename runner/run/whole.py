"""A whole export: its parts are carried like any other export, and put together when all of them are done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from anyio import create_task_group, to_thread

from runner.bql.columns import sort_columns
from runner.bql.sizing import NUMERIC
from runner.counted import counted
from runner.files.assemble import Assembly, assemble
from runner.files.order import SortKey
from runner.plan.ask import rows_of
from runner.plan.split import everything
from runner.plan.whole import parts_folder
from runner.run.events import Event
from runner.run.outcome import Outcome
from runner.run.record import new_record, submitted_record
from runner.run.workshop import staged_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import TypeAlias

    from runner.botify.client import Botify
    from runner.plan.model import Decision, PlannedExport, Wanted
    from runner.run.columns import Columns
    from runner.run.events import Listener
    from runner.run.placing import Placer
    from runner.state.exports import ExportRecord
    from runner.state.store import State

    Carry: TypeAlias = Callable[[PlannedExport], Awaitable[Outcome]]


class Assembler:
    """Puts wholes together, for one API."""

    def __init__(
        self,
        api: Botify,
        state: State,
        columns: Columns,
        placer: Placer,
        tell: Listener,
        stopped: Callable[[], bool],
        *,
        accept_rows: bool,
    ) -> None:
        self._api = api
        self._accept_rows = accept_rows
        self._state = state
        self._columns = columns
        self._placer = placer
        self._tell = tell
        self._stopped = stopped

    async def work(self, planned: PlannedExport, wanted: Wanted, decision: Decision, carry: Carry) -> Outcome:
        """Every part by itself, and the whole when all are there; parts that are done stay for the next run.

        Raises the error of the first part that failed, and FileError where the parts do not make the whole.
        """
        self._state.moments.note(wanted.path, "waiting")
        self._state.moments.note(wanted.path, "exporting")
        outcomes = await _carried(planned.parts, carry)
        if any(outcome.status == "pending" for outcome in outcomes):
            return Outcome(planned, "pending")
        if any(outcome.status == "submitted" for outcome in outcomes):
            record = submitted_record(planned, wanted, _job_ids(outcome.record for outcome in outcomes))
            self._state.exports.put(record)
            return Outcome(planned, "submitted", record, worked=True)
        by_name = {outcome.planned.partition: outcome.record for outcome in outcomes}
        parts = [by_name[part.partition] for part in planned.parts]
        record = new_record(planned, wanted, decision.job)
        self._state.moments.note(wanted.path, "checking")
        done = await self._put_together(planned, wanted, record, [part for part in parts if part])
        self.clear(wanted)
        return Outcome(planned, "done", done, worked=True)

    async def _put_together(
        self, planned: PlannedExport, wanted: Wanted, record: ExportRecord, parts: Sequence[ExportRecord]
    ) -> ExportRecord:
        self._tell(Event("assembling", planned.name, counted(len(parts), "part")))
        output = wanted.asked.export.output
        assembly = Assembly(
            parts=tuple(Path(part.path) for part in parts),
            staged=staged_file(self._state, wanted.path),
            columns=await self._columns.of(planned, wanted),
            rows=await self._total(wanted, sum(part.rows or 0 for part in parts)),
            with_header=output.header != "none" and output.format != "parquet",
            compress=output.format == "csv.gz",
            sort=await self._sort(planned, wanted),
        )
        receipt = await to_thread.run_sync(partial(assemble, assembly, self._stopped), abandon_on_cancel=True)
        provisional = int(any(part.provisional for part in parts))
        record = replace(record, job_id=_job_ids(parts), provisional=provisional)
        payload = {"parts": [part.wanted.request.payload for part in planned.parts if part.wanted]}
        return await self._placer.put(planned, wanted, record, receipt, payload)

    async def _total(self, wanted: Wanted, rows: int) -> int:
        """The rows that the whole must have: those of the plan, or what the API counts now of everything at once."""
        if self._accept_rows or rows == wanted.rows:
            return rows
        size = wanted.request.payload["export_size"]
        return (await rows_of(self._api, everything(wanted.asked, size))).count or rows

    def clear(self, wanted: Wanted) -> None:
        """Drop the parts of a whole that is in place."""
        folder = parts_folder(self._state.work, wanted.path)
        if folder.exists():
            rmtree(folder, ignore_errors=True)
            self._state.exports.drop_parts(str(folder))

    async def _sort(self, planned: PlannedExport, wanted: Wanted) -> tuple[SortKey, ...]:
        """The keys that the spec asks for; without any, the parts follow one another."""
        if not wanted.asked.export.sort:
            return ()
        columns = [field_id for field_id, _ in wanted.request.columns]
        numbers = await self._numbers(planned, wanted)
        return tuple(
            SortKey(column, columns[column] in numbers, descending)
            for column, descending in sort_columns(wanted.request.query["query"])
        )

    async def _numbers(self, planned: PlannedExport, wanted: Wanted) -> frozenset[str]:
        """The full ids of the numeric fields; what the API does not describe is compared as text."""
        found = await self._columns.described(planned, wanted)
        return frozenset(name for name, each in found.items() if each.type in NUMERIC)


async def _carried(parts: Sequence[PlannedExport], carry: Carry) -> list[Outcome]:
    """How each part ended, the first to end first; raises the error of the first that failed, when all have ended."""
    outcomes: list[Outcome] = []

    async def carry_one(part: PlannedExport) -> None:
        outcomes.append(await carry(part))

    async with create_task_group() as group:
        for part in parts:
            group.start_soon(carry_one, part)
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error
    return outcomes


def _job_ids(parts: Iterable[ExportRecord | None]) -> str:
    """The jobs of a whole's parts, as a record names them; parts that ask for the same have one."""
    return ",".join(dict.fromkeys(part.job_id for part in parts if part and part.job_id))
