"""Read a gzip file of any number of members, in bounded blocks, and see everything that is wrong with it.

Python's inflater stops at the end of the first member and does not mind a file that ends too early (both tried), so
members, truncation and what follows the last one are watched here.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO

from runner.errors import ArchiveError
from runner.files.work import Bounds, Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_INPUT = 1 << 18
_OUTPUT = 1 << 20
_GZIP = 31


def begins(head: bytes) -> bool:
    """Whether this is gzip. A file of the first magic byte alone is one that was cut short, and never a table."""
    return head.startswith(b"\x1f\x8b") or head == b"\x1f"


def members(raw: Path, bounds: Bounds) -> Iterator[bytes]:
    """The bytes of all members together. Raises Damaged for a bad or cut file, ArchiveError for a hostile one.

    NULs after the last member are padding, which gzip ignores too; anything else there is an error.
    """
    limit = min(bounds.size, bounds.slack + bounds.ratio * raw.stat().st_size)
    written = 0
    with raw.open("rb") as file:
        try:
            for block in _inflate(file):
                written += len(block)
                if written > limit:
                    raise ArchiveError(f"the archive unpacks to more than {limit} bytes: refused as a bomb")
                yield block
        except zlib.error as error:
            raise Damaged(f"the gzip file is damaged: {error}") from None


def _inflate(file: BinaryIO) -> Iterator[bytes]:
    data = file.read(_INPUT)
    while data:
        inflater = zlib.decompressobj(_GZIP)
        while not inflater.eof:
            if not data:
                raise Damaged("the gzip file ends before its end: it was cut short")
            yield inflater.decompress(data, _OUTPUT)
            data = inflater.unconsumed_tail or _more(inflater, file)
        data = _next_member(inflater.unused_data or file.read(_INPUT), file)


def _more(inflater: zlib._Decompress, file: BinaryIO) -> bytes:
    """The next of the member that is being read, and nothing of what follows it."""
    return b"" if inflater.eof else file.read(_INPUT)


def _next_member(data: bytes, file: BinaryIO) -> bytes:
    """What follows a member, if it is another one; else nothing, once it is known to be padding."""
    if data[:1] != b"\x00":
        if data and not (data + b"\x8b").startswith(b"\x1f\x8b"):
            raise Damaged("there is garbage after the end of the gzip data")
        return data
    while data:
        if data.count(0) != len(data):
            raise Damaged("there is garbage after the end of the gzip data")
        data = file.read(_INPUT)
    return b""
