"""The file that grows in the work folder before it is placed: counted and hashed as it is written, then durable."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, BinaryIO

from runner.files.durable import EarlySync, make_folder, open_own, sync, write_all
from runner.seam import effect

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_GZIP = 31
# gzip's levels above this take twice the time for a few percent.
_COMPRESSION = 5


def stage(path: Path, blocks: Iterable[bytes], *, compress: bool) -> tuple[int, str]:
    """Write blocks to a file and have it on the disk; returns the file's length and SHA-256.

    Compressed it is gzip without a name and a time: the same table is the same bytes. Raises OSError for the disk and
    whatever making the blocks raises; then no file is left.
    """
    make_folder(path.parent)
    try:
        with open_own(path, "wb") as file:
            return _write(file, _packed(blocks) if compress else blocks, str(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(file: BinaryIO, blocks: Iterable[bytes], subject: str) -> tuple[int, str]:
    length, sha256 = 0, hashlib.sha256()
    with EarlySync(file, subject) as early:
        for block in blocks:
            sha256.update(block)
            length += len(block)
            with effect("write", subject):
                write_all(file, block)
            early.wrote(len(block))
    sync(file, subject)
    return length, sha256.hexdigest()


def _packed(blocks: Iterable[bytes]) -> Iterable[bytes]:
    packer = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, _GZIP)
    for block in blocks:
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()
