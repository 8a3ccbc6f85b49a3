"""How a file is packed: as gzip or zip, and in the odder ways that real and hostile servers have."""

from __future__ import annotations

import gzip
import io
import zipfile
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LEVEL = 1
_MEMBER = 1_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


def _gzip(parts: Iterator[bytes], _: str, out: BinaryIO) -> None:
    """One member, without name and time, so that the same rows give the same bytes."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=_LEVEL, mtime=0) as packed:
        for part in parts:
            packed.write(part)


def _members(parts: Iterator[bytes], name: str, out: BinaryIO) -> None:
    """Several gzip members one after the other: legal, and lost by readers that stop at the first."""
    pending = io.BytesIO()
    for part in parts:
        pending.write(part)
        if pending.tell() >= _MEMBER:
            _gzip(iter([pending.getvalue()]), name, out)
            pending = io.BytesIO()
    half = len(pending.getvalue()) // 2
    _gzip(iter([pending.getvalue()[:half]]), name, out)
    _gzip(iter([pending.getvalue()[half:]]), name, out)


def _plain(parts: Iterator[bytes], _: str, out: BinaryIO) -> None:
    out.writelines(parts)


def _zip(parts: Iterator[bytes], name: str, out: BinaryIO) -> None:
    with zipfile.ZipFile(out, "w") as archive:
        _entry(archive, name, parts)


def _hostile(parts: Iterator[bytes], name: str, out: BinaryIO) -> None:
    """Entries that would like to be written elsewhere."""
    with zipfile.ZipFile(out, "w") as archive:
        for bad in ("../../escaped.csv", "/absolute.csv", "..\\windows.csv"):
            _entry(archive, bad, iter([b"a,b\n1,2\n"]))
        _entry(archive, name, parts)


def _bomb(_: Iterator[bytes], name: str, out: BinaryIO) -> None:
    """A small file that becomes a gigabyte."""
    _gzip((bytes(1_000_000) for _ in range(1_000)), name, out)


def _ragged(parts: Iterator[bytes], name: str, out: BinaryIO) -> None:
    """A last record with more columns than any query of a test has."""
    _gzip(chain(parts, [b",".join([b"ragged"] * 50) + b"\n"]), name, out)


def _empty(_: Iterator[bytes], __: str, ___: BinaryIO) -> None:
    """No bytes at all."""


def _entry(archive: zipfile.ZipFile, name: str, parts: Iterator[bytes]) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as packed:
        for part in parts:
            packed.write(part)


PACKERS: Mapping[str, Callable[[Iterator[bytes], str, BinaryIO], None]] = {
    "gzip": _gzip,
    "zip": _zip,
    "plain": _plain,
    "multi_member": _members,
    "hostile_names": _hostile,
    "bomb": _bomb,
    "short": _gzip,
    "ragged": _ragged,
    "empty": _empty,
}
