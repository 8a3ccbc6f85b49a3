"""Every record of a CSV seen, and its columns counted, at the speed of memory: blocks in, whole records out.

A quoted part may hold anything, so a block is cut at its quotes; what is left outside says by its commas and line ends
alone how many records there are and whether each has its columns. Quotes where no writer puts them (in the middle of a
value) change what a line end means, so such blocks are read field by field instead, as Python's csv module would.
"""

from __future__ import annotations

import re

from runner.errors import ColumnCountError
from runner.files.work import Damaged

# A record longer than this is a quote that nobody closed.
LONGEST_RECORD = 64 << 20

_KEEP = b',\n\r"'
_SHAPE = bytes(byte if byte in _KEEP else ord("x") for byte in range(256))
_NEITHER = bytes(byte for byte in range(256) if byte not in b",\n")
_FIELD = rb'(?:"(?:[^"]++|"")*+"[^,\n]*+|[^",\n][^,\n]*+|)'
_RECORD = re.compile(rb"(?:" + _FIELD + rb",)*+" + _FIELD + rb"\n")


def first_record(data: bytes) -> bytes | None:
    """The first whole record, its line end included; None where it is not all there yet."""
    found = _RECORD.match(data)
    return found[0] if found else None


class Records:
    """Counts the records of one table of `columns` columns; `rows` are those seen so far."""

    def __init__(self, columns: int) -> None:
        self.rows = 0
        self._columns = columns
        self._tail = b""
        self._line = b"," * (columns - 1) + b"\n"

    def take(self, block: bytes) -> bytes:
        """The whole records that a block completes; raises ColumnCountError at the first that is wrong."""
        data = self._tail + block
        if b'"' not in data:
            return self._take_unquoted(data)
        parts = data.split(b'"')
        open_quote = b'"' if len(parts) % 2 == 0 else b""
        shape = b'"'.join(parts[::2]).translate(_SHAPE) + open_quote
        if b'x"' in shape or b'"x' in shape:
            return self._take_slowly(data)
        whole, shape = _cut(data, parts, shape)
        self._keep(data[whole:])
        self._count(shape.translate(None, b'x"\r'))
        return data[:whole]

    def _take_unquoted(self, data: bytes) -> bytes:
        """Most blocks of most tables: every comma and every line end counts."""
        whole = data.rfind(b"\n") + 1
        self._keep(data[whole:])
        records = data[:whole]
        self._count(records.translate(None, _NEITHER))
        return records

    def _keep(self, tail: bytes) -> None:
        if len(tail) > LONGEST_RECORD:
            raise Damaged(
                f"record {self.rows + 1:,} does not end within {LONGEST_RECORD >> 20} MiB: is a quote not closed?"
            )
        self._tail = tail

    def finish(self) -> bytes:
        """The last record, where the table does not end with a line end; raises Damaged in the middle of a quote."""
        if not self._tail:
            return b""
        last = self.take(b"\n")
        if self._tail:
            raise Damaged(f"the table ends in the middle of record {self.rows + 1:,}")
        return last

    def _count(self, skeleton: bytes) -> None:
        records = skeleton.count(b"\n")
        if skeleton != self._line * records:
            self._complain(skeleton)
        self.rows += records

    def _complain(self, skeleton: bytes) -> None:
        for index, line in enumerate(skeleton.split(b"\n")):
            if len(line) != self._columns - 1:
                self._wrong(self.rows + index + 1, len(line) + 1)

    def _wrong(self, record: int, columns: int) -> None:
        raise ColumnCountError(f"record {record:,} has {columns} columns, and the query has {self._columns}")

    def _take_slowly(self, data: bytes) -> bytes:
        whole = 0
        while found := _RECORD.match(data, whole):
            columns = len(re.findall(_FIELD + rb"[,\n]", found[0]))
            if columns != self._columns:
                self._wrong(self.rows + 1, columns)
            self.rows += 1
            whole = found.end()
        self._keep(data[whole:])
        return data[:whole]


def _cut(data: bytes, parts: list[bytes], shape: bytes) -> tuple[int, bytes]:
    """Where the last line end outside quotes is: (length of the whole records, their shape)."""
    left = len(data)
    for index in range(len(parts) - 1, -1, -1):
        left -= len(parts[index])
        if index % 2 == 0 and (end := parts[index].rfind(b"\n")) >= 0:
            return left + end + 1, shape[: shape.rindex(b"\n") + 1]
        left -= 1
    return 0, b""
