"""From the API's bytes to the table that is promised: no BOM, no `sep=` line, one header, every record checked."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from runner.errors import ArchiveError, FileError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from runner.files.records import Records
    from runner.files.work import Column

_BOM = b"\xef\xbb\xbf"
_SEPARATOR_LINE = re.compile(rb'"?sep=([^\r\n])"?(?:\r?\n|\Z)')
# A first record that is longer than this is no header.
_LONGEST_HEADER = 1 << 20
_FIELD = rb'(?:"(?:[^"]++|"")*+"[^,\n]*+|[^",\n][^,\n]*+|)'
_RECORD = re.compile(rb"(?:" + _FIELD + rb",)*+" + _FIELD + rb"(?:\n|\Z)")


def table(
    blocks: Iterator[bytes], columns: Sequence[Column], records: Records, *, with_header: bool
) -> Generator[bytes]:
    """The table's bytes; `records` counts the data rows. Lines keep the ends that the API gave them.

    Raises ColumnCountError, Damaged, FileError for columns in another order, and whatever reading `blocks` raises.
    """
    body = _without_prologue(blocks)
    first = _first_record(body)
    line_end = b"\r\n" if first.endswith(b"\r\n") else b"\n"
    if with_header:
        yield header_line(columns, line_end)
    yield records.take(body[len(first) :] if is_header(first, columns) else body)
    for block in blocks:
        yield records.take(block)
    yield records.finish(line_end)


def header_line(columns: Sequence[Column], line_end: bytes = b"\n") -> bytes:
    """The one header of a file, quoted where a name needs it."""
    line = io.StringIO()
    csv.writer(line, lineterminator=line_end.decode()).writerow([column.header for column in columns])
    return line.getvalue().encode()


def is_header(record: bytes, columns: Sequence[Column]) -> bool:
    """Whether a first record names the columns: one cell that is its own column's name is enough.

    A header is always asked for, and was seen to be missing all the same (botify-api.md, Formatters). Not every name
    is known beforehand, and a value that is its own column's name is rarer than a name that nobody knew; either way
    the number of rows would come out wrong by one, and that is looked at too. Raises FileError where the record names
    exactly these columns in another order: what is under them would be taken for something else.
    """
    cells = [cell.strip().casefold() for cell in _cells(record)]
    known = [{alias.casefold() for alias in column.aliases} for column in columns]
    if len(cells) != len(columns):
        return False
    right = [cell in names for cell, names in zip(cells, known, strict=True)]
    elsewhere = [any(cell in names for names in known) for cell in cells]
    if all(elsewhere) and right.count(False) > 1:
        raise FileError(
            f"the file names its columns in another order than the query: {', '.join(cells)}",
            "nothing was placed, and another fetch would bring the same: show this line to Botify's support",
        )
    return any(right)


def _cells(record: bytes) -> list[str]:
    text = io.StringIO(record.decode("utf-8", "replace"), newline="")
    return next(csv.reader(text), [])


def _first_record(body: bytes) -> bytes:
    """The first record with its line end; nothing where it goes on beyond `body`, as no header does."""
    found = _RECORD.match(body, 0, _LONGEST_HEADER)
    return found[0] if found and found.end() < _LONGEST_HEADER else b""


def _without_prologue(blocks: Iterator[bytes]) -> bytes:
    """The beginning of the table, long enough to hold a header, after a BOM and a `sep=` line are taken off."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= _LONGEST_HEADER or _strip(head).count(b"\n"):
            break
    return _strip(head)


def _strip(head: bytes) -> bytes:
    body = head.removeprefix(_BOM)
    line = _SEPARATOR_LINE.match(body)
    if line is None:
        return body
    if line[1] != b",":
        shown = line[1].decode("utf-8", "replace")
        raise ArchiveError(f"the file says that {shown!r} separates its columns, and a comma is expected")
    return body[line.end() :].removeprefix(_BOM)
