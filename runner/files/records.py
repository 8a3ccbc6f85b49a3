"""Every record of a CSV seen, and its columns counted, at the speed of memory and in the memory of one block.

A quoted part may hold anything, so a block is cut at its quotes; what is left outside says by its commas and line ends
alone how many records there are and whether each has its columns. That is exact as long as every quote that opens
stands at the beginning of a field (or doubles the one before it), which is looked at too. Quotes where no writer puts
them are letters to Python's csv module; a block with such a quote is read by a pattern that sees it the same way.

A line ends with `\\n`, with or without `\\r` before it. A `\\r` elsewhere is data.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from runner.errors import ColumnCountError
from runner.files.work import Damaged

_NEITHER = bytes(byte for byte in range(256) if byte not in b",\n")
# A quote opens a field after one of these; between two quotes there is nothing where the second doubles the first.
_FIELD_BEGINS_AFTER = frozenset((b",", b"\n", b""))
_SHAPE = bytes(byte if byte in b',\n"' else ord("x") for byte in range(256))
# With a quote in fewer bytes than this, looking at all of them at once is faster than at each.
_DENSE = 32
# What is cut up at once: as much as a processor keeps close, which is twice as fast as a whole block.
_SLICE = 1 << 17
# More commas than this without a line end are counted no further: memory is for files that may be right.
_MANY = 1 << 16
# A field that begins with a quote, up to the quote that closes it or the end of the block.
_QUOTED_FIELD = re.compile(rb'"(?<=[,\n]")[^"]*+(?:""[^"]*+)*+("|\Z)')


class _At(Enum):
    """Where in a record a block ended."""

    LINE_START = auto()
    FIELD_START = auto()
    FIELD = auto()
    QUOTED = auto()
    CLOSED = auto()


# What may have come before, as few bytes as can stand for it; the first byte is never quoted.
_LIKE = {
    _At.LINE_START: b"\n",
    _At.FIELD_START: b",",
    _At.FIELD: b"x",
    _At.QUOTED: b'\n"',
    _At.CLOSED: b'\n""',
}


class Records:
    """Counts the records of one table of `columns` columns; `rows` are those seen so far, from blocks of any size."""

    def __init__(self, columns: int) -> None:
        self.rows = 0
        self._columns = columns
        self._line = b"," * (columns - 1) + b"\n"
        self._commas = b""
        self._at = _At.LINE_START

    def take(self, block: bytes) -> bytes:
        """Count what a block completes and give it back; raises ColumnCountError at the first record that is wrong."""
        for start in range(0, len(block), _SLICE):
            self._count(self._outside(block[start : start + _SLICE]))
        return block

    def finish(self, line_end: bytes = b"\n") -> bytes:
        """The line end that the last record lacks, if it does. Raises Damaged where the table stops in a record."""
        if self._at is _At.LINE_START:
            return b""
        missing = self._columns - len(self._commas) - 1
        if self._at is _At.QUOTED or missing > 0:
            raise Damaged(f"the table ends in the middle of record {self.rows + 1:,}")
        return self.take(line_end)

    def _outside(self, block: bytes) -> bytes:
        """What of a block is outside quotes."""
        if b'"' in block:
            return self._outside_quotes(block)
        if self._at is _At.QUOTED:
            return b""
        self._at = _after(block)
        return block

    def _outside_quotes(self, block: bytes) -> bytes:
        parts = block.split(b'"')
        begins_quoted = self._at is _At.QUOTED
        ends_quoted = begins_quoted == (len(parts) % 2 == 1)
        outside = parts[1::2] if begins_quoted else parts[::2]
        # A quote that comes first in a block continues what the block before it ended in.
        stray = not begins_quoted and not parts[0] and self._at is _At.FIELD
        if len(parts) * _DENSE > len(block):
            text = b'"'.join(outside)
            stray = stray or b'x"' in (text + b'"' * ends_quoted).translate(_SHAPE)
        else:
            text = b"".join(outside)
            stray = (
                stray or not {part[-1:] for part in outside[: len(outside) - 1 + ends_quoted]} <= _FIELD_BEGINS_AFTER
            )
        if stray:
            return self._outside_stray_quotes(block)
        if ends_quoted:
            self._at = _At.QUOTED
        else:
            self._at = _after(outside[-1]) if outside[-1] else _At.CLOSED
        return text

    def _outside_stray_quotes(self, block: bytes) -> bytes:
        """The same by the grammar: a quoted field begins after a comma or a line end, all other quotes are letters."""
        text = _LIKE[self._at] + block
        outside, end, closing = [], 0, b""
        for field in _QUOTED_FIELD.finditer(text):
            outside.append(text[end : field.start()])
            end, closing = field.end(), field[1]
        if end == len(text):
            self._at = _At.CLOSED if closing else _At.QUOTED
        else:
            outside.append(text[end:])
            self._at = _after(text)
        return b"".join(outside)[1:]

    def _count(self, outside: bytes) -> None:
        skeleton = self._commas + outside.translate(None, _NEITHER)
        end = skeleton.rfind(b"\n") + 1
        whole, self._commas = skeleton[:end], skeleton[end:]
        records = whole.count(b"\n")
        if whole != self._line * records:
            self._complain(whole)
        self.rows += records
        if len(self._commas) >= self._columns + _MANY:
            self._wrong(self.rows + 1, f"more than {len(self._commas):,}")

    def _complain(self, whole: bytes) -> None:
        for number, commas in enumerate(whole.split(b"\n"), self.rows + 1):
            if len(commas) != self._columns - 1:
                self._wrong(number, str(len(commas) + 1))

    def _wrong(self, record: int, columns: str) -> None:
        raise ColumnCountError(f"record {record:,} has {columns} columns, and the query has {self._columns}")


def _after(text: bytes) -> _At:
    """Where text that does not end inside or just after quotes leaves off."""
    return {b"\n": _At.LINE_START, b",": _At.FIELD_START}.get(text[-1:], _At.FIELD)
