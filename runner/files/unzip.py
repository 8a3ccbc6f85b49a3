"""Read the one table in a zip file, whatever it is called, and refuse every zip that is more than that."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from runner.errors import ArchiveError
from runner.files.work import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.files.work import Bounds

_BLOCK = 1 << 20
_ENCRYPTED = 0x1
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def begins(head: bytes) -> bool:
    """Whether this is a zip file, or the cut-off beginning of one."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK\x03", b"PK")


def entry(raw: Path, bounds: Bounds) -> Iterator[bytes]:
    """The bytes of the one table. Raises Damaged for a bad or cut file, ArchiveError for a hostile one.

    The name inside is never used as a path. The checksum is compared when the last byte is read.
    """
    with _Bounded(raw.open("rb", buffering=0)) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                info = _table(archive, bounds)
                if not 0 <= info.header_offset < archive.start_dir:
                    raise Damaged("the zip file is damaged: its directory points elsewhere")
                _check(info, bounds)
                yield from _read(archive, info)
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
            raise Damaged(f"the zip file is damaged or cut short: {str(error) or 'it ends early'}") from None
        except (NotImplementedError, ValueError, OverflowError) as error:
            raise ArchiveError(f"the zip file cannot be read: {error}") from None


class _Bounded(io.BufferedReader):
    """A file that gives no more at once than a block: zipfile reads a whole directory, however large it says it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As every file, up to a block."""
        if size is not None and size > _BLOCK:
            raise ArchiveError(f"the zip file's directory has {size} bytes, and one table is expected in it")
        return super().read(size)


def _table(archive: zipfile.ZipFile, bounds: Bounds) -> zipfile.ZipInfo:
    """The one entry that is a file; of several, the one that is called .csv."""
    entries = len(archive.infolist())
    if entries > bounds.entries:
        raise ArchiveError(f"the zip file has {entries} entries, and one is expected")
    files = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
    tables = [info for info in files if info.filename.lower().endswith(".csv")] if len(files) > 1 else files
    if len(tables) != 1:
        raise ArchiveError(f"the zip file holds {len(files)} files, {len(tables)} of them tables; one is expected")
    return tables[0]


def _check(info: zipfile.ZipInfo, bounds: Bounds) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError("the file in the zip is encrypted")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError("the file in the zip is a symbolic link")
    if info.compress_type not in _KNOWN:
        raise ArchiveError(f"the file in the zip is compressed by method {info.compress_type}, not by deflate")
    limit = min(bounds.size, bounds.slack + bounds.ratio * info.compress_size)
    if info.file_size > limit:
        raise ArchiveError(f"the zip unpacks to {info.file_size} bytes, more than {limit}: refused as a bomb")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """zipfile gives no more than the announced size, and compares the checksum at its end."""
    seen = 0
    with archive.open(info) as file:
        while block := file.read(_BLOCK):
            seen += len(block)
            yield block
    if seen != info.file_size:
        raise Damaged(f"the file in the zip has {seen} bytes, not the {info.file_size} it announces")
