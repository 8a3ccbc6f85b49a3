"""Parts become one table: one header, every record of every part, in the order asked for, counted once more."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from runner.errors import PlaceError, RowCountError, said
from runner.files.order import ordered, records_of
from runner.files.records import Records
from runner.files.staged import stage
from runner.files.table import header_line
from runner.files.work import Receipt, never, until_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from runner.files.order import SortKey
    from runner.files.work import Column

_BLOCK = 1 << 20
_TOGETHER = 1000


@dataclass(frozen=True, slots=True)
class Assembly:
    """What is put together: headerless tables of the same columns, `rows` records in all."""

    parts: tuple[Path, ...]
    staged: Path
    columns: tuple[Column, ...]
    rows: int
    with_header: bool = True
    compress: bool = False
    sort: tuple[SortKey, ...] = ()


def assemble(assembly: Assembly, stopped: Callable[[], bool] = never) -> Receipt:
    """The staged file of a whole, complete and durable; RowCountError where not every row is in it."""
    records = Records(len(assembly.columns))
    try:
        blocks = until_stopped(_table(assembly, records), stopped)
        length, digest = stage(assembly.staged, blocks, compress=assembly.compress)
    except OSError as error:
        raise PlaceError(f"cannot put the parts together: {said(error)}") from error
    if records.rows != assembly.rows:
        assembly.staged.unlink(missing_ok=True)
        raise RowCountError(
            f"the parts have {records.rows:,} rows together, and the whole has {assembly.rows:,}",
            "the parts are kept; `bqlrun run --accept-rows` puts them together at no cost",
        )
    borders = () if assembly.with_header else tuple(records.borders)
    return Receipt(assembly.staged, records.rows, length, digest, 0, borders=borders)


def _table(assembly: Assembly, records: Records) -> Generator[bytes]:
    if assembly.with_header:
        yield header_line(assembly.columns)
    for block in _body(assembly):
        yield records.take(block)
    yield records.finish()


def _body(assembly: Assembly) -> Iterator[bytes]:
    if not assembly.sort:
        for part in assembly.parts:
            yield from _blocks(part)
        return
    lines = (line for part in assembly.parts for line in _lines(part))
    records = ordered(records_of(lines), assembly.sort, assembly.staged.parent)
    while together := b"".join(islice(records, _TOGETHER)):
        yield together


def _blocks(part: Path) -> Iterator[bytes]:
    with part.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            yield block


def _lines(part: Path) -> Iterator[bytes]:
    with part.open("rb") as file:
        yield from file
