"""From a download address to a checked file, not yet in its place: a function of its inputs, in constant memory."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from runner.errors import ArchiveError, PlaceError
from runner.files import rawfile
from runner.files.ahead import ahead
from runner.files.alone import alone
from runner.files.fetch import Patience, fetch
from runner.files.records import Records
from runner.files.staged import stage
from runner.files.table import table
from runner.files.unpack import unpack
from runner.files.work import Bounds, Damaged, Receipt, StopRequested, never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.files.fetch import Opener
    from runner.files.work import FileWork

# A body without a length may have been cut short unseen: what is damaged is fetched again, this often in all.
FETCHES = 3
# Below this a thread costs more than it saves.
_SMALL = 1 << 20


def prepare(
    work: FileWork,
    opener: Opener,
    stopped: Callable[[], bool] = never,
    patience: Patience | None = None,
    bounds: Bounds | None = None,
) -> Receipt:
    """Fetch, unpack, normalise and check one file; its staged file is complete and durable afterwards.

    Raises DownloadError, ArchiveError, ColumnCountError, FileError, PlaceError, StopRequested. The raw file stays, so
    that nothing is fetched twice, unless what the server sent is no table in an archive that can be read.
    """
    try:
        with alone(work.raw, stopped), alone(work.staged, stopped):
            return _prepare(work, opener, stopped, patience or Patience(), bounds or Bounds())
    except OSError as error:
        raise PlaceError(f"cannot write {work.staged}: {error.strerror or error}") from error


def _prepare(
    work: FileWork, opener: Opener, stopped: Callable[[], bool], patience: Patience, bounds: Bounds
) -> Receipt:
    fetched = 0
    for attempt in range(1, FETCHES + 1):
        fetched += fetch(work, opener, stopped, patience)
        try:
            return _stage(work, stopped, bounds, fetched)
        except Damaged as damage:
            rawfile.drop(work.raw)
            if attempt == FETCHES:
                raise ArchiveError(f"{damage.message}; it was fetched {FETCHES} times") from None
        except ArchiveError:
            rawfile.drop(work.raw)
            raise
    raise AssertionError("every attempt returns or raises")


def _stage(work: FileWork, stopped: Callable[[], bool], bounds: Bounds, fetched: int) -> Receipt:
    records = Records(len(work.columns))
    began = time.monotonic()
    if rawfile.size(work.raw) < _SMALL:
        pieces = table(unpack(work.raw, bounds), work.columns, records, with_header=work.with_header)
        length, digest = stage(work.staged, _until(pieces, stopped), compress=work.compress)
    else:
        length, digest = _stage_side_by_side(work, stopped, bounds, records)
    borders = () if work.with_header else tuple(records.borders)
    return Receipt(work.staged, records.rows, length, digest, fetched, time.monotonic() - began, borders)


def _stage_side_by_side(
    work: FileWork, stopped: Callable[[], bool], bounds: Bounds, records: Records
) -> tuple[int, str]:
    """Inflate in one thread, check in a second, hash and write in this one."""
    with closing(ahead(unpack(work.raw, bounds))) as blocks:
        pieces = table(blocks, work.columns, records, with_header=work.with_header)
        with closing(ahead(pieces)) as checked:
            return stage(work.staged, _until(checked, stopped), compress=work.compress)


def _until(pieces: Iterator[bytes], stopped: Callable[[], bool]) -> Iterator[bytes]:
    for piece in pieces:
        if stopped():
            raise StopRequested("stopped while unpacking")
        yield piece
