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
# A quote that opens a field comes after one of these.
_FIELD_BEGINS_AFTER = frozenset(b",\n")
# What is cut up at once: as much as a processor keeps close, which is twice as fast as a whole block.
_SLICE = 1 << 17
# More commas than this without a line end are counted no further: memory is for files that may be right.
_MANY = 1 << 16
# How far apart records' ends are remembered, in bytes.
_SHARE = 20 << 20
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
    """Counts the records of one table of `columns` columns; `rows` are those seen so far, from blocks of any size.

    `borders` are places where a record ends, some 20 MB apart: what is between two can be read by itself.
    """

    def __init__(self, columns: int) -> None:
        self.rows = 0
        self.borders: list[int] = []
        self._seen = 0
        self._share_begins = 0
        self._columns = columns
        self._line = b"," * (columns - 1) + b"\n"
        self._commas = b""
        self._at = _At.LINE_START

    def take(self, block: bytes) -> bytes:
        """Count what a block completes and give it back; raises ColumnCountError at the first record that is wrong."""
        for start in range(0, len(block), _SLICE):
            piece = block[start : start + _SLICE]
            self._count(self._outside(piece))
            self._seen += len(piece)
            if self._seen - self._share_begins >= _SHARE:
                self._remember_border(piece)
        return block

    def finish(self, line_end: bytes = b"\n") -> bytes:
        """The line end that the last record lacks, if it does. Raises Damaged where the table stops in a record."""
        if self._at is _At.LINE_START:
            return b""
        missing = self._columns - len(self._commas) - 1
        if self._at is _At.QUOTED or missing > 0:
            raise Damaged(f"the table ends in the middle of record {self.rows + 1:,}")
        return self.take(line_end)

    def _remember_border(self, piece: bytes) -> None:
        """Take a line end outside of quotes just before the last one or after it; else the next piece will do."""
        quote = piece.rfind(b'"')
        if self._at is not _At.QUOTED:
            end = piece.rfind(b"\n", quote + 1) + 1
        else:
            end = quote if quote > 0 and piece[quote - 1 : quote] == b"\n" else 0
        if end:
            self._share_begins = self._seen - len(piece) + end
            self.borders.append(self._share_begins)

    def _outside(self, piece: bytes) -> bytes:
        """What of a piece is outside quotes."""
        if b'"' not in piece:
            if self._at is _At.QUOTED:
                return b""
            self._at = _after(piece)
            return piece
        parts = (b'"' + piece if self._at is _At.QUOTED else piece).split(b'"')
        # What is empty stands between two quotes of which the second doubles the first, or between two pieces.
        before_quoted = [*filter(None, parts[:-1:2])]
        stray = self._at is _At.FIELD and not parts[0]
        if stray or not {part[-1] for part in before_quoted} <= _FIELD_BEGINS_AFTER:
            return self._outside_stray_quotes(piece)
        if len(parts) % 2 == 0:
            self._at = _At.QUOTED
            return b"".join(before_quoted)
        self._at = _after(parts[-1]) if parts[-1] else _At.CLOSED
        return b"".join([*before_quoted, parts[-1]])

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
        records = len(whole) // self._columns
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
