"""One table of several: the rows of each under one header, with columns in front that say whose they are."""

from __future__ import annotations

import csv
import gzip
import io
import re
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from runner.errors import FileError, PlaceError, RowCountError
from runner.files.durable import make_folder
from runner.files.parquet import rows_of, union
from runner.files.staged import stage
from runner.files.work import Receipt, never, until_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

_BLOCK = 1 << 20
# A field as Python's csv module sees it: a quote that does not begin one is a letter.
_FIELD = rb'(?:"(?:[^"]++|"")*+"[^,\n]*+|[^",\n][^,\n]*+|)'
_RECORD = re.compile(rb"(?:" + _FIELD + rb",)*+" + _FIELD + rb"\n")
_RECORDS = re.compile(rb"(?:(?:" + _FIELD + rb",)*+" + _FIELD + rb"\n)*+")


@dataclass(frozen=True, slots=True)
class Part:
    """A finished table, the values of the columns that are put before its own, and how many rows it has."""

    path: Path
    constants: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Combination:
    """What is put together. `head` names the columns in front; None where the parts have no header."""

    parts: tuple[Part, ...]
    staged: Path
    head: tuple[str, ...] | None
    compress: bool = False
    parquet: bool = False


def combine(combination: Combination, stopped: Callable[[], bool] = never) -> Receipt:
    """The staged table, complete and durable, in the memory of a few blocks.

    Raises RowCountError where a part has more or fewer rows than it should have, PlaceError for the disk.
    """
    blocks = until_stopped(_table(combination), stopped)
    try:
        if combination.parquet:
            return _parquet(combination)
        length, sha256 = stage(combination.staged, blocks, compress=combination.compress)
    except (OSError, EOFError) as error:
        raise PlaceError(f"cannot put {combination.staged} together: {error}") from error
    return Receipt(combination.staged, sum(part.rows for part in combination.parts), length, sha256, 0)


def _parquet(combination: Combination) -> Receipt:
    """Its columns always have names: the head is for them, whatever header was asked for."""
    for part in combination.parts:
        _check(part, rows_of(part.path))
    names = combination.head or ()
    tables = [(part.path, tuple(zip(names, part.constants, strict=True))) for part in combination.parts]
    make_folder(combination.staged.parent)
    return union(tables, combination.staged)


def _table(combination: Combination) -> Generator[bytes]:
    """The parts one after the other, under the header of the first."""
    header: bytes | None = None
    for part in combination.parts:
        with closing(_whole_records(part.path)) as blocks:
            first = b""
            if combination.head is not None:
                line, first = _split(next(blocks, b""))
                if header is None:
                    header = line
                    yield _row(combination.head) + line
            yield from _prefixed(part, chain((first,), blocks))


def _prefixed(part: Part, blocks: Iterator[bytes]) -> Iterator[bytes]:
    prefix, rows = _row(part.constants), 0
    for block in blocks:
        found = _RECORD.findall(block)
        rows += len(found)
        if found:
            yield prefix + prefix.join(found)
    _check(part, rows)


def _check(part: Part, rows: int) -> None:
    if rows != part.rows:
        raise RowCountError(f"{part.path} has {rows:,} rows, and {part.rows:,} were put there", "run again")


def _row(values: Sequence[str]) -> bytes:
    """Cells in front of a record, quoted where they need it."""
    line = io.StringIO()
    csv.writer(line, lineterminator=",").writerow(values)
    return line.getvalue().encode()


def _split(block: bytes) -> tuple[bytes, bytes]:
    """A header, and what comes after it."""
    found = _RECORD.match(block)
    end = found.end() if found else 0
    return block[:end], block[end:]


def _whole_records(path: Path) -> Generator[bytes]:
    """A table in pieces that end where a record ends."""
    rest = b""
    with _opened(path) as file:
        while block := file.read(_BLOCK):
            rest += block
            whole = _RECORDS.match(rest)
            end = whole.end() if whole else 0
            if end:
                yield rest[:end]
                rest = rest[end:]
    if rest:
        raise FileError(f"{path} ends in the middle of a record", "run again: it is fetched again at no cost")


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")
