"""From a finished job to its file in place: fetched, checked against the plan's count, placed, noted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner import __version__
from runner.bql.kinds import OLDER_EXPORT
from runner.errors import AddressExpired, ApiRefused, DownloadError, RowCountError
from runner.files import rawfile
from runner.files.manifest import Manifest, write_manifest
from runner.files.place import hold, place
from runner.files.work import FileWork, Receipt
from runner.jsonvalue import digest
from runner.plan.ask import rows_of
from runner.plan.provisional import is_provisional
from runner.run.events import Event
from runner.run.workshop import raw_file, staged_file
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.files.work import Column
    from runner.jsonvalue import JsonObject
    from runner.plan.model import PlannedExport, Wanted
    from runner.run.events import Listener
    from runner.run.executors import Executor
    from runner.state.exports import ExportRecord
    from runner.state.store import State

# A file's server answers so when its address is no longer good: the job may have a fresh one.
EXPIRED = frozenset({401, 403, 404, 410})


class Collector:
    """Brings finished jobs' files home, for one API."""

    def __init__(self, api: Botify, state: State, executor: Executor, tell: Listener, *, accept_rows: bool) -> None:
        self._api = api
        self._state = state
        self._executor = executor
        self._tell = tell
        self._accept_rows = accept_rows
        self._verbose: dict[tuple[str, str, str], Mapping[str, str]] = {}

    async def collect(self, planned: PlannedExport, wanted: Wanted, record: ExportRecord, job: Job) -> ExportRecord:
        """Fetch and place the file of a finished job; the record that says so.

        Raises FileError, AddressExpired, or RowCountError once the file is held.
        """
        self._tell(Event("downloading", planned.name, f"job {job.id}"))
        if not job.download_url:
            raise DownloadError(f"job {job.id} is DONE, and the API gives no address for its file")
        work = await self._work(planned, wanted, job, job.download_url)
        receipt = await self._fetch(planned, work, job)
        await self._check_rows(wanted, record, receipt)
        provisional = int(is_provisional(wanted, job.date_created))
        done = self.place(wanted, replace(record, provisional=provisional), receipt, wanted.request.payload)
        rawfile.drop(work.raw)
        return done

    def place_held(self, wanted: Wanted, record: ExportRecord) -> ExportRecord:
        """Put a held file in its place, as `--accept-rows` says."""
        receipt = Receipt(Path(record.held or ""), record.rows or 0, record.bytes or 0, record.sha256 or "", 0)
        return self.place(wanted, record, receipt, wanted.request.payload)

    async def columns(self, planned: PlannedExport, wanted: Wanted) -> tuple[Column, ...]:
        """The columns of an export's file, with headers in the style that the spec asks for."""
        style = wanted.asked.export.output.header
        verbose = await self._verbose_names(planned, wanted) if style == "verbose" else {}
        if wanted.request.job_type == OLDER_EXPORT and not verbose:
            # Its header cannot be chosen; where the names are not to be had, the number of rows tells of a header.
            with suppress(ApiRefused):
                verbose = await self._verbose_names(planned, wanted)
        return wanted.request.file_columns(style, verbose)

    async def _work(self, planned: PlannedExport, wanted: Wanted, job: Job, address: str) -> FileWork:
        output = wanted.asked.export.output
        return FileWork(
            label=planned.name,
            url=address,
            raw=raw_file(self._state, wanted.fingerprint, job.id),
            staged=staged_file(self._state, wanted.path),
            columns=await self.columns(planned, wanted),
            with_header=output.header != "none",
            compress=output.format == "csv.gz",
        )

    async def _fetch(self, planned: PlannedExport, work: FileWork, job: Job) -> Receipt:
        try:
            return await self._executor.submit(work)
        except DownloadError as error:
            if error.status not in EXPIRED:
                raise
        fresh = await self._api.job(planned.org, job.id)
        try:
            return await self._executor.submit(replace(work, url=fresh.download_url or ""))
        except DownloadError as error:
            if error.status not in EXPIRED:
                raise
            paid = f"paid on {(job.date_created or 'an unknown date')[:10]}, address expired"
            raise AddressExpired(f"{paid}: the file of job {job.id} is answered {error.status}") from None

    async def _check_rows(self, wanted: Wanted, record: ExportRecord, receipt: Receipt) -> None:
        """The plan's count, or, where only that differs, what the export's own query counts now."""
        if self._accept_rows or receipt.rows == wanted.rows:
            return
        page = await rows_of(self._api, wanted.request)
        size = wanted.request.payload["export_size"]
        full = receipt.rows == size
        if page.count == receipt.rows or (page.count is None and wanted.rows is None and not full):
            return
        counted = page.count if page.count is not None else wanted.rows
        name = f"{digest(wanted.path)[:8]}-{Path(wanted.path).name}"
        held = hold(receipt.staged, self._state.held, name)
        error = _row_count_error(receipt.rows, counted, size)
        self._state.exports.put(
            replace(
                record,
                status="failed",
                held=str(held),
                rows=receipt.rows,
                bytes=receipt.bytes,
                sha256=receipt.sha256,
                error=error.message,
            )
        )
        raise error

    def place(self, wanted: Wanted, record: ExportRecord, receipt: Receipt, payload: JsonObject) -> ExportRecord:
        """Give a checked file its name, its manifest and its record, in this order."""
        final = Path(wanted.path)
        place(receipt.staged, final, Path(wanted.asked.export.output.dir))
        write_manifest(final, self._manifest(wanted, record, receipt, payload))
        done = replace(
            record,
            status="done",
            rows=receipt.rows,
            bytes=receipt.bytes,
            sha256=receipt.sha256,
            mtime_ns=final.stat().st_mtime_ns,
            held=None,
            error=None,
        )
        self._state.exports.put(done)
        return done

    def _manifest(self, wanted: Wanted, record: ExportRecord, receipt: Receipt, payload: JsonObject) -> Manifest:
        return Manifest(
            file=Path(wanted.path).name,
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
        )

    async def _verbose_names(self, planned: PlannedExport, wanted: Wanted) -> Mapping[str, str]:
        """The names that Botify shows for fields, by their full ids."""
        names: dict[str, str] = {}
        for collection in wanted.request.collections:
            key = (planned.org, planned.project, collection)
            if key not in self._verbose:
                fields = await self._api.fields(*key)
                self._verbose[key] = {f"{collection}.{each.id}": each.name for each in fields}
            names.update(self._verbose[key])
        return names


def _row_count_error(came: int, counted: int | None, size: int) -> RowCountError:
    if came == size and (counted is None or counted > size):
        return RowCountError(f"exactly {came:,} rows came, which is all that one export takes, and more were expected")
    there = "does not say how many" if counted is None else f"counts {counted:,}"
    return RowCountError(f"the file has {came:,} rows, and the API {there}")
