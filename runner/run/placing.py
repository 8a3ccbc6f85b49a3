"""A checked table gets its format, its name, its manifest and its record, in this order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

from runner import __version__
from runner.errors import FileError
from runner.files import rawfile
from runner.files.destination import destination_of, reach
from runner.files.location import name_of
from runner.files.manifest import Manifest, write_manifest
from runner.files.parquet import to_parquet
from runner.files.work import Receipt
from runner.plan.ownership import refuse_placed
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.files.stamp import Stamp
    from runner.jsonvalue import JsonObject
    from runner.plan.model import PlannedExport, Wanted
    from runner.run.columns import Columns
    from runner.state.exports import ExportRecord
    from runner.state.store import State


class Placer:
    """Puts the files of exports in place."""

    def __init__(self, columns: Columns, state: State, stopped: Callable[[], bool], at_once: int) -> None:
        """`at_once` is how many files may be on their way to a store."""
        self._columns = columns
        self._state = state
        self._stopped = stopped
        self._room = CapacityLimiter(at_once)

    async def put_held(self, planned: PlannedExport, wanted: Wanted, record: ExportRecord) -> ExportRecord:
        """Put a held file in its place, as `--accept-rows` says."""
        receipt = Receipt(Path(record.held or ""), record.rows or 0, record.bytes or 0, record.sha256 or "", 0)
        return await self.put(planned, wanted, record, receipt, wanted.request.payload)

    async def put(
        self, planned: PlannedExport, wanted: Wanted, record: ExportRecord, receipt: Receipt, payload: JsonObject
    ) -> ExportRecord:
        """Put a staged table in its place; the record that says so. Raises FileError, and then the table stays."""
        formed = await self._formed(planned, wanted, receipt)
        manifest = _manifest(wanted, record, formed, payload)
        place = partial(_place, wanted, formed.staged, manifest, self._stopped)
        done = _done(record, formed, await reach(wanted.path, place, self._room))
        self._state.exports.put(done)
        # What another format was made of is still there.
        rawfile.drop(receipt.staged)
        return done

    async def _formed(self, planned: PlannedExport, wanted: Wanted, receipt: Receipt) -> Receipt:
        """The table in the format that the spec asks for: Parquet is made of the checked table only now."""
        if wanted.asked.export.output.format != "parquet":
            return receipt
        kinds = {name: each.type for name, each in (await self._columns.described(planned, wanted)).items()}
        names = [column.header for column in await self._columns.of(planned, wanted)]
        fields = [field_id for field_id, _ in wanted.request.columns]
        typed = [(name, kinds.get(each)) for name, each in zip(names, fields, strict=True)]
        return await to_thread.run_sync(partial(to_parquet, receipt, typed))


def _place(wanted: Wanted, staged: Path, manifest: Manifest, stopped: Callable[[], bool]) -> Stamp:
    """Place the file, then its manifest. The folder is locked from the last look at what is there until both are."""
    destination, root = destination_of(wanted.path), wanted.asked.export.output.dir
    with destination.alone(wanted.path, root):
        refuse_placed(wanted)
        destination.place(staged, wanted.path, root, stopped)
        write_manifest(wanted.path, manifest)
    found = destination.stamp(wanted.path)
    if found is None:
        raise FileError(f"{wanted.path} was placed, and is gone", "run again")
    return found


def _done(record: ExportRecord, receipt: Receipt, stamp: Stamp) -> ExportRecord:
    return replace(
        record,
        status="done",
        rows=receipt.rows,
        bytes=receipt.bytes,
        sha256=receipt.sha256,
        mark=stamp.mark,
        held=None,
        error=None,
    )


def _manifest(wanted: Wanted, record: ExportRecord, receipt: Receipt, payload: JsonObject) -> Manifest:
    return Manifest(
        file=name_of(wanted.path),
        version=__version__,
        spec=record.spec,
        api=record.api,
        org=record.org,
        project=record.project,
        analysis=record.analysis,
        export=record.export,
        partition=record.partition,
        fingerprint=record.fingerprint,
        style=record.style,
        job_ids=record.job_ids,
        payload=payload,
        columns=tuple(name or field_id for field_id, name in wanted.request.columns),
        rows=receipt.rows,
        bytes=receipt.bytes,
        sha256=receipt.sha256,
        finished_at=now(),
        provisional=bool(record.provisional),
    )
