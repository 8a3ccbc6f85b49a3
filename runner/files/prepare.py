"""From a download address to a checked file, not yet in its place: a function of its inputs, in constant memory."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from runner.errors import ArchiveError, ColumnCountError, PlaceError
from runner.files import rawfile
from runner.files.ahead import ahead
from runner.files.alone import alone
from runner.files.arriving import Arriving
from runner.files.early import Early
from runner.files.fetch import Patience, fetch
from runner.files.records import Records
from runner.files.staged import stage
from runner.files.table import table
from runner.files.unpack import unpack
from runner.files.work import Bounds, Damaged, Receipt, never, until_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from runner.files.link import Opener
    from runner.files.work import FileWork

# A body without a length may have been cut short unseen: what is damaged is fetched again, this often in all.
FETCHES = 3
# Below this a thread costs more than it saves.
_SMALL = 1 << 20

# The records of a staged file, its bytes, and its SHA-256.
_Staged: TypeAlias = "tuple[Records, int, str]"


def prepare(
    work: FileWork,
    opener: Opener,
    stopped: Callable[[], bool] = never,
    patience: Patience | None = None,
    bounds: Bounds | None = None,
) -> Receipt:
    """Fetch, unpack, normalise and check one file; its staged file is complete and durable afterwards.

    A large one is unpacked and checked while it arrives.

    Raises DownloadError, ArchiveError, ColumnCountError, FileError, PlaceError, StopRequested. The raw file stays, so
    that nothing is fetched twice, unless what the server sent is no such table in an archive that can be read.
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
        try:
            with Early(work.raw, _SMALL, partial(_stage_side_by_side, work, stopped, bounds)) as early:
                fetched += fetch(work, opener, stopped, patience, early)
                began = time.monotonic()
                staged = early.result() or _stage(work, stopped, bounds)
            return _receipt(work, staged, fetched, time.monotonic() - began)
        except Damaged as damage:
            rawfile.drop(work.raw)
            if attempt == FETCHES:
                raise ArchiveError(f"{damage.message}; it was fetched {FETCHES} times") from None
        except (ArchiveError, ColumnCountError):
            rawfile.drop(work.raw)
            raise
    raise AssertionError("every attempt returns or raises")


def _receipt(work: FileWork, staged: _Staged, fetched: int, seconds: float) -> Receipt:
    records, length, digest = staged
    borders = () if work.with_header else tuple(records.borders)
    return Receipt(work.staged, records.rows, length, digest, fetched, seconds, borders)


def _stage(work: FileWork, stopped: Callable[[], bool], bounds: Bounds) -> _Staged:
    """What is all there, in this thread alone where it is small."""
    raw = Arriving.whole(work.raw)
    if raw.size >= _SMALL:
        return _stage_side_by_side(work, stopped, bounds, raw)
    records = Records(len(work.columns))
    pieces = _table(work, unpack(raw, bounds), records, stopped)
    return records, *stage(work.staged, until_stopped(pieces, stopped), compress=work.compress)


def _stage_side_by_side(work: FileWork, stopped: Callable[[], bool], bounds: Bounds, raw: Arriving) -> _Staged:
    """Inflate in one thread, check in a second, hash and write in this one."""
    records = Records(len(work.columns))
    with closing(ahead(unpack(raw, bounds))) as blocks:
        pieces = _table(work, blocks, records, stopped)
        with closing(ahead(pieces)) as checked:
            return records, *stage(work.staged, until_stopped(checked, stopped), compress=work.compress)


def _table(work: FileWork, blocks: Iterator[bytes], records: Records, stopped: Callable[[], bool]) -> Generator[bytes]:
    """The table's bytes. A wrong record may mean a damaged archive: it is read on to its end, where its checks are."""
    try:
        yield from table(blocks, work.columns, records, with_header=work.with_header)
    except ColumnCountError:
        for _ in until_stopped(blocks, stopped):
            pass
        raise
