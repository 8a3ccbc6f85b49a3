"""Read a gzip file of any number of members, in bounded blocks, and see everything that is wrong with it.

Python's inflater stops at the end of the first member and does not mind a file that ends too early (both tried), so
members, truncation and what follows the last one are watched here. Where the package isal is installed it inflates,
at three times the speed.
"""

from __future__ import annotations

import os
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from runner.errors import ArchiveError
from runner.files.work import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.files.arriving import Arriving
    from runner.files.work import Bounds

_FIRST_INPUT = 1 << 12
_INPUT = 1 << 18
_OUTPUT = 1 << 20
_GZIP = 31


class _Inflater(Protocol):
    eof: bool
    unused_data: bytes
    unconsumed_tail: bytes

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _library() -> Any:  # noqa: ANN401  two modules of one interface, of which one may be missing
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


_inflating = _library()


def begins(head: bytes) -> bool:
    """Whether this is gzip. A file of the first magic byte alone is one that was cut short, and never a table."""
    return head.startswith(b"\x1f\x8b") or head == b"\x1f"


def members(raw: Arriving, bounds: Bounds) -> Iterator[bytes]:
    """The bytes of all members together. Raises Damaged for a bad or cut file, ArchiveError for a hostile one.

    NULs after the last member are padding, which gzip ignores too; anything else there is an error.
    """
    written = 0
    with raw.open(_INPUT) as file:
        try:
            for block in _inflate(file):
                written += len(block)
                limit = min(bounds.size, bounds.slack + bounds.ratio * raw.size)
                if written > limit:
                    raise ArchiveError(f"the archive unpacks to more than {limit} bytes: refused as a bomb")
                yield block
        except (zlib.error, _inflating.error) as error:
            raise Damaged(f"the gzip file is damaged: {error}") from None


def _inflate(file: BinaryIO) -> Iterator[bytes]:
    while _another_member(file):
        inflater: _Inflater = _inflating.decompressobj(wbits=_GZIP)
        # Little at first: what a tiny member leaves over is copied and read again.
        data = file.read(_FIRST_INPUT)
        while True:
            block = inflater.decompress(data, _OUTPUT)
            yield block
            if inflater.eof:
                break
            if not (data or block):
                raise Damaged("the gzip file ends before its end: it was cut short")
            data = inflater.unconsumed_tail or file.read(_INPUT)
        file.seek(-len(inflater.unused_data), os.SEEK_CUR)


def _another_member(file: BinaryIO) -> bool:
    """Whether a member begins here; raises Damaged for anything but a member, padding and the end."""
    magic = file.read(2)
    if begins(magic):
        file.seek(-len(magic), os.SEEK_CUR)
        return True
    while magic:
        if magic.count(0) != len(magic):
            raise Damaged("there is garbage after the end of the gzip data")
        magic = file.read(_INPUT)
    return False
