"""From a download address to a checked file, not yet in its place: a pure function, in constant memory."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from runner.errors import ArchiveError, PlaceError
from runner.files import rawfile
from runner.files.durable import make_folder, sync
from runner.files.fetch import Patience, fetch
from runner.files.records import Records
from runner.files.table import table
from runner.files.unpack import unpack
from runner.files.work import Bounds, Damaged, Receipt, StopRequested, never
from runner.seam import effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.files.fetch import Opener
    from runner.files.work import FileWork

# A body without a length may have been cut short unseen: what is damaged is fetched anew this often.
FETCHES = 2
# gzip's levels above this take twice the time for a few percent.
COMPRESSION = 5


def prepare(
    work: FileWork,
    opener: Opener,
    stopped: Callable[[], bool] = never,
    patience: Patience | None = None,
    bounds: Bounds | None = None,
) -> Receipt:
    """Fetch, unpack, normalise and check one file; its staged file is complete and durable afterwards.

    Raises DownloadError, ArchiveError, ColumnCountError, PlaceError, StopRequested. The raw file stays, so that
    nothing is fetched twice, unless it is damaged.
    """
    fetched = 0
    for attempt in range(1, FETCHES + 1):
        fetched += fetch(work, opener, stopped, patience or Patience())
        try:
            return _stage(work, stopped, bounds or Bounds(), fetched)
        except Damaged as damage:
            rawfile.drop(work.raw)
            if attempt == FETCHES:
                message = f"{damage.message}; it was fetched {FETCHES} times"
                raise ArchiveError(message, "the job is kept: run again to fetch it once more") from None
    raise AssertionError("every attempt returns or raises")


def _stage(work: FileWork, stopped: Callable[[], bool], bounds: Bounds, fetched: int) -> Receipt:
    records = Records(len(work.columns))
    try:
        make_folder(work.staged.parent)
        with work.staged.open("wb") as file:
            staged = _Hashed(file)
            with _packed(staged, compress=work.compress) as out:
                for piece in table(unpack(work.raw, bounds), work.columns, records, with_header=work.with_header):
                    if stopped():
                        raise StopRequested(f"{work.label}: stopped while unpacking")
                    with effect("write", str(work.staged)):
                        out.write(piece)
            sync(file, str(work.staged))
    except OSError as error:
        raise PlaceError(f"{work.label}: cannot write {work.staged}: {error.strerror or error}") from error
    return Receipt(work.staged, records.rows, staged.length, staged.digest(), fetched)


class _Writer(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Hashed:
    """A file that knows, as it is written, how long it is and what its SHA-256 is."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.length = 0

    def write(self, data: bytes, /) -> int:
        self._sha256.update(data)
        self.length += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def digest(self) -> str:
        return self._sha256.hexdigest()


@contextmanager
def _packed(staged: _Hashed, *, compress: bool) -> Iterator[_Writer]:
    """Plain, or gzip without a name and a time: the same table is the same bytes."""
    if not compress:
        yield staged
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=staged, compresslevel=COMPRESSION, mtime=0) as packed:
        yield packed
