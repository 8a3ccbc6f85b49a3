"""From a finished job to its file in place: fetched, checked against the plan's count, placed, noted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from runner.errors import AddressExpired, DownloadError, RowCountError
from runner.files import rawfile
from runner.files.place import hold
from runner.files.work import FileWork
from runner.jsonvalue import digest
from runner.plan.ask import rows_of
from runner.plan.provisional import is_provisional
from runner.run.events import Event
from runner.run.pages import fetch_pages
from runner.run.workshop import NO_JOB, raw_file, staged_file
from runner.state.clock import now

if TYPE_CHECKING:
    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.files.work import Receipt
    from runner.plan.model import PlannedExport, Wanted
    from runner.run.columns import Columns
    from runner.run.events import Listener
    from runner.run.executors import Executor
    from runner.run.placing import Placer
    from runner.state.exports import ExportRecord
    from runner.state.store import State

# A file's server answers so when its address is no longer good: the job may have a fresh one.
EXPIRED = frozenset({401, 403, 404, 410})


class Collector:
    """Brings finished jobs' files home, for one API."""

    def __init__(
        self,
        api: Botify,
        state: State,
        columns: Columns,
        placer: Placer,
        executor: Executor,
        downloads: int,
        tell: Listener,
        *,
        accept_rows: bool,
    ) -> None:
        """`downloads` is how many files may be worked on at once."""
        self._api = api
        self._state = state
        self._columns = columns
        self._placer = placer
        self._executor = executor
        self._room = CapacityLimiter(downloads)
        self._tell = tell
        self._accept_rows = accept_rows

    async def collect(self, planned: PlannedExport, wanted: Wanted, record: ExportRecord, job: Job) -> ExportRecord:
        """Fetch and place the file of a finished job; the record that says so.

        Raises FileError, AddressExpired, or RowCountError once the file is held.
        """
        self._tell(Event("downloading", planned.name, f"job {job.id}"))
        if not job.download_url:
            raise DownloadError(
                f"job {job.id} is DONE, and the API gives no address for its file",
                "run again: it may come later; --force exports it again, and pays again",
            )
        work = await self._work(planned, wanted, job.id, job.download_url)
        receipt = await self._fetch(planned, work, job)
        self._state.moments.note(wanted.path, "checking", receipt.seconds)
        record = replace(record, provisional=int(is_provisional(wanted, job.date_created)))
        await self._check_rows(wanted, record, receipt)
        return await self._finish(planned, wanted, record, receipt, work)

    async def collect_pages(self, planned: PlannedExport, wanted: Wanted, record: ExportRecord) -> ExportRecord:
        """Fetch an export's rows page by page, and place them like any file."""
        self._tell(Event("downloading", planned.name, "page by page"))
        self._state.moments.note(wanted.path, "downloading")
        work = await self._work(planned, wanted, NO_JOB, "")
        rows = await fetch_pages(self._api, wanted.request, work.columns, work.raw)
        receipt = await self._executor.submit(work, self._room)
        self._state.moments.note(wanted.path, "checking", receipt.seconds)
        if receipt.rows != rows:
            raise RowCountError(f"{rows:,} rows came, and the file has {receipt.rows:,}")
        record = replace(record, provisional=int(is_provisional(wanted, now())))
        return await self._finish(planned, wanted, record, receipt, work)

    async def _finish(
        self, planned: PlannedExport, wanted: Wanted, record: ExportRecord, receipt: Receipt, work: FileWork
    ) -> ExportRecord:
        done = await self._placer.put(planned, wanted, record, receipt, wanted.request.payload)
        rawfile.drop(work.raw)
        return done

    async def _work(self, planned: PlannedExport, wanted: Wanted, job_id: str, address: str) -> FileWork:
        output = wanted.asked.export.output
        return FileWork(
            label=planned.name,
            url=address,
            raw=raw_file(self._state, wanted.fingerprint, job_id),
            staged=staged_file(self._state, wanted.path),
            columns=await self._columns.of(planned, wanted),
            with_header=output.header != "none" and output.format != "parquet",
            compress=output.format == "csv.gz",
        )

    async def _fetch(self, planned: PlannedExport, work: FileWork, job: Job) -> Receipt:
        try:
            return await self._executor.submit(work, self._room)
        except DownloadError as error:
            if error.status not in EXPIRED:
                raise
        fresh = await self._api.job(planned.org, job.id)
        try:
            return await self._executor.submit(replace(work, url=fresh.download_url or ""), self._room)
        except DownloadError as error:
            if error.status not in EXPIRED:
                raise
            paid = f"paid on {(job.date_created or 'an unknown date')[:10]}, address expired"
            raise AddressExpired(f"{paid}: the file of job {job.id} is answered {error.status}") from None

    async def _check_rows(self, wanted: Wanted, record: ExportRecord, receipt: Receipt) -> None:
        """Compare with the plan's count; where they differ, with what the export's own query counts now.

        A file that agrees with neither is held, not placed: RowCountError.
        """
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


def _row_count_error(came: int, counted: int | None, size: int) -> RowCountError:
    if came == size and (counted is None or counted > size):
        return RowCountError(f"exactly {came:,} rows came, which is all that one export takes, and more were expected")
    there = "does not say how many" if counted is None else f"counts {counted:,}"
    return RowCountError(f"the file has {came:,} rows, and the API {there}")
