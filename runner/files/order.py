"""Records of a table in another order, in bounded memory: sorted runs on disk, merged."""

from __future__ import annotations

import csv
import heapq
import io
import pickle
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

# Records that are sorted at once, and how many are read together when runs are merged.
_RUN = 100_000
_TOGETHER = 500
_INVERTED = bytes(255 - byte for byte in range(256))

Key: TypeAlias = tuple[tuple[bool, float | bytes], ...]
Keyed: TypeAlias = tuple[Key, int, bytes]


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by; numbers are compared as numbers, everything else by its bytes. What is empty comes last."""

    column: int
    number: bool = False
    descending: bool = False

    def of(self, cell: bytes) -> tuple[bool, float | bytes]:
        """What a cell is compared by."""
        if not cell:
            return True, b""
        if self.number:
            value = _number(cell)
            return False, -value if self.descending else value
        # The byte at the end lets a longer text with the same beginning come first.
        return False, cell.translate(_INVERTED) + b"\xff" if self.descending else cell


def ordered(records: Iterable[bytes], keys: Sequence[SortKey], folder: Path) -> Generator[bytes]:
    """The same records sorted; equal ones stay in the order they came in. Runs lie unnamed in `folder` meanwhile."""
    keyed = ((_key(record, keys), number, record) for number, record in enumerate(records))
    runs: list[IO[bytes]] = []
    try:
        while run := sorted(islice(keyed, _RUN), key=itemgetter(0, 1)):
            runs.append(TemporaryFile(dir=folder))  # noqa: SIM115  closed below, all of them
            _keep(run, runs[-1])
        yield from (record for _, _, record in heapq.merge(*map(_kept, runs), key=itemgetter(0, 1)))
    finally:
        for file in runs:
            file.close()


def records_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The records of a table, each with its line end: a line break inside quotes ends none."""
    record = b""
    for line in blocks:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record


def _key(record: bytes, keys: Sequence[SortKey]) -> Key:
    cells = _cells(record)
    return tuple(key.of(cells[key.column]) for key in keys)


def _cells(record: bytes) -> list[bytes]:
    if b'"' not in record:
        return record.rstrip(b"\r\n").split(b",")
    text = io.StringIO(record.decode("utf-8", "surrogateescape"), newline="")
    return [cell.encode("utf-8", "surrogateescape") for cell in next(csv.reader(text))]


def _number(cell: bytes) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("inf")


def _keep(run: list[Keyed], file: IO[bytes]) -> None:
    for start in range(0, len(run), _TOGETHER):
        pickle.dump(run[start : start + _TOGETHER], file, pickle.HIGHEST_PROTOCOL)
    file.seek(0)


def _kept(file: IO[bytes]) -> Iterator[Keyed]:
    while True:
        try:
            yield from pickle.load(file)  # noqa: S301  written by this process, to a file without a name
        except EOFError:
            return
