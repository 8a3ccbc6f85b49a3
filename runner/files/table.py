"""From the API's bytes to the table that is promised: no BOM, no `sep=` line, one header, every record checked."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from runner.files.records import LONGEST_RECORD, Records, first_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.files.work import Column

_BOM = b"\xef\xbb\xbf"
_SEPARATOR = b"sep="


def table(
    blocks: Iterator[bytes], columns: Sequence[Column], records: Records, *, with_header: bool
) -> Iterator[bytes]:
    """The table's bytes, whole records at a time; `records` counts the data rows.

    Raises ColumnCountError, Damaged, and whatever reading `blocks` raises.
    """
    if with_header:
        yield header_line(columns)
    head = _without_prologue(blocks)
    if not is_header(first_record(head) or head, columns):
        yield records.take(head)
    else:
        yield records.take(head[len(first_record(head) or head) :])
    for block in blocks:
        yield records.take(block)
    yield records.finish()


def header_line(columns: Sequence[Column]) -> bytes:
    """The one header of a file, quoted where a name needs it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([column.header for column in columns])
    return line.getvalue().encode()


def is_header(record: bytes, columns: Sequence[Column]) -> bool:
    """Whether a first record names the columns: one cell that is its own column's name is enough.

    A header is always asked for, and was seen to be missing all the same (botify-api.md, Formatters).
    """
    cells = next(csv.reader(io.StringIO(record.decode("utf-8", "replace"), newline="")), [])
    matching = len(cells) == len(columns)
    return matching and any(
        cell.strip().casefold() in column.aliases for cell, column in zip(cells, columns, strict=True)
    )


def _without_prologue(blocks: Iterator[bytes]) -> bytes:
    """The beginning of the table, at least one record of it, after a BOM and a `sep=` line are taken off."""
    head = b""
    for block in blocks:
        head += block
        body = _strip(head)
        if len(head) > LONGEST_RECORD or first_record(body) is not None:
            return body
    return _strip(head)


def _strip(head: bytes) -> bytes:
    body = head.removeprefix(_BOM)
    if body.startswith(_SEPARATOR) and b"\n" in body:
        body = body[body.index(b"\n") + 1 :].removeprefix(_BOM)
    return body
