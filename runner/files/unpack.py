"""Tell what kind of file the API gave by its first bytes, and read the table inside it in blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.errors import ArchiveError
from runner.files import gunzip, unzip

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from runner.files.arriving import Arriving
    from runner.files.work import Bounds

_BLOCK = 1 << 18
_ENOUGH = 1 << 18
_HEAD = 64
_BOM = b"\xef\xbb\xbf"
# Kinds that nobody asked for, by how they begin: saying which one it is helps more than a list of bytes.
_FOREIGN = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh91AY&SY": "bzip2",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a": "rar",
    b"PAR1\x15": "Parquet",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x1f\x9d": "compress",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"%PDF-": "PDF",
}
_MARKUP = re.compile(rb"\s*<[!?a-zA-Z]")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def unpack(raw: Arriving, bounds: Bounds) -> Generator[bytes]:
    """The bytes of the table in a raw file: gzip, zip or plain. Raises ArchiveError, Damaged, and OSError for the disk.

    The last block is given only after the archive's own checks have passed. A zip is read when all of it is there: what
    is in it stands at its end.
    """
    with raw.open(_HEAD) as file:
        head = file.read(_HEAD)
    if gunzip.begins(head):
        yield from _table_only(_gathered(gunzip.members(raw, bounds)))
    elif unzip.begins(head):
        raw.wait()
        yield from _table_only(unzip.entry(raw.path, bounds))
    else:
        refuse_foreign(head)
        yield from _plain(raw)


def refuse_foreign(head: bytes) -> None:
    """Raise ArchiveError where a file does not begin like a table."""
    for magic, name in _FOREIGN.items():
        if head.startswith(magic):
            raise ArchiveError(f"the file is {name}, not gzip, zip or CSV (it begins with {_shown(head)})")
    if _BINARY.search(head[:8]):
        raise ArchiveError(f"the file is neither gzip, zip nor CSV (it begins with {_shown(head)})")
    if _MARKUP.match(head.removeprefix(_BOM)):
        raise ArchiveError("the server sent a web page or an XML message instead of the file")


def _table_only(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Refuse an archive that holds another archive, or no table at all."""
    first = next(blocks, b"")
    if gunzip.begins(first) or unzip.begins(first):
        raise ArchiveError("there is an archive inside the archive")
    refuse_foreign(first[:_HEAD])
    yield first
    yield from blocks


def _gathered(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Small blocks put together: an archive of a million tiny members is no reason for a million steps."""
    waiting: list[bytes] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size >= _ENOUGH:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _plain(raw: Arriving) -> Iterator[bytes]:
    with raw.open(_BLOCK) as file:
        while block := file.read(_BLOCK):
            yield block


def _shown(head: bytes) -> str:
    return head[:4].hex(" ")
