"""A checked table gets its format, its name, its manifest and its record, in this order."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

from runner import __version__
from runner.bql.kinds import OLDER_EXPORT
from runner.errors import ApiRefused, FileError
from runner.files import rawfile
from runner.files.destination import destination_of, reach
from runner.files.location import name_of
from runner.files.manifest import Manifest, write_manifest
from runner.files.parquet import to_parquet
from runner.files.work import Receipt
from runner.plan.ownership import refuse_placed
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.botify.answers import CollectionField
    from runner.botify.client import Botify
    from runner.files.stamp import Stamp
    from runner.files.work import Column
    from runner.jsonvalue import JsonObject
    from runner.plan.model import PlannedExport, Wanted
    from runner.state.exports import ExportRecord
    from runner.state.store import State


class Placer:
    """Knows what an export's columns are called and what they are, and puts its file in place; for one API."""

    def __init__(self, api: Botify, state: State, stopped: Callable[[], bool], at_once: int) -> None:
        """`at_once` is how many files may be on their way to a store."""
        self._api = api
        self._state = state
        self._stopped = stopped
        self._room = CapacityLimiter(at_once)
        self._known: dict[tuple[str, str, str], tuple[CollectionField, ...]] = {}

    async def columns(self, planned: PlannedExport, wanted: Wanted) -> tuple[Column, ...]:
        """The columns of an export's file, with headers in the style that the spec asks for."""
        verbose: Mapping[str, str] = {}
        if wanted.asked.export.output.header == "verbose":
            verbose = {name: field.name for name, field in (await self.fields(planned, wanted)).items()}
        elif wanted.request.job_type == OLDER_EXPORT:
            # Its header cannot be chosen; where the names are not to be had, the number of rows tells of a header.
            with suppress(ApiRefused):
                verbose = {name: field.name for name, field in (await self.fields(planned, wanted)).items()}
        return wanted.request.file_columns(wanted.asked.export.output.header, verbose)

    async def fields(self, planned: PlannedExport, wanted: Wanted) -> dict[str, CollectionField]:
        """The fields of an export's collections as the API describes them, by their full ids."""
        found: dict[str, CollectionField] = {}
        for collection in wanted.request.collections:
            key = (planned.org, planned.project, collection)
            if key not in self._known:
                self._known[key] = await self._api.fields(*key)
            found.update((f"{collection}.{each.id}", each) for each in self._known[key])
        return found

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
        """The table in the format that the spec asks for: what is no CSV is made of it only now."""
        if wanted.asked.export.output.format != "parquet":
            return receipt
        kinds = {name: each.type for name, each in (await self._described(planned, wanted)).items()}
        names = [column.header for column in await self.columns(planned, wanted)]
        fields = [field_id for field_id, _ in wanted.request.columns]
        typed = [(name, kinds.get(each)) for name, each in zip(names, fields, strict=True)]
        return await to_thread.run_sync(partial(to_parquet, receipt, typed))

    async def _described(self, planned: PlannedExport, wanted: Wanted) -> dict[str, CollectionField]:
        try:
            return await self.fields(planned, wanted)
        except ApiRefused:
            return {}


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
