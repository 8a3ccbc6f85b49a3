"""What the API gave is told by its first bytes: a table in gzip, in zip or by itself, and nothing else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from runner.errors import ArchiveError
from runner.files.arriving import Arriving
from runner.files.unpack import unpack
from runner.files.work import Bounds
from tests.files.tables import DATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOM = b"\xef\xbb\xbf"


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.csv", data)
    return packed.getvalue()


def plain(data: bytes) -> bytes:
    return data


def read(folder: Path, packed: bytes) -> bytes:
    raw = folder / "whatever.zip"
    raw.write_bytes(packed)
    return b"".join(unpack(Arriving.whole(raw), Bounds()))


@pytest.mark.parametrize("pack", [plain, gzip.compress, zipped])
@pytest.mark.parametrize("data", [b"", DATA, BOM + DATA, b"x", b"P,K\n", b'"<","b"\n', b" \n", b"1,<a>\n"])
def test_the_table_comes_out_whatever_the_name_says(
    tmp_path: Path, pack: Callable[[bytes], bytes], data: bytes
) -> None:
    assert read(tmp_path, pack(data)) == data


def test_tiny_and_empty_members_come_out_in_their_order(tmp_path: Path) -> None:
    lines = [b"%d,x\n" % number for number in range(500)]
    packed = b"".join(gzip.compress(line) + gzip.compress(b"") for line in lines)
    assert read(tmp_path, gzip.compress(b"") + packed) == b"".join(lines)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x28\xb5\x2f\xfd" + DATA, "is zstd, not gzip, zip or CSV"),
        (lzma.compress(DATA), "is xz"),
        (bz2.compress(DATA), "is bzip2"),
        (b"7z\xbc\xaf\x27\x1c" + DATA, "is 7z"),
        (b"PAR1\x15" + DATA, "is Parquet"),
        (DATA.decode().encode("utf-16"), "is UTF-16"),
        (b"\xfe\xff" + DATA.decode().encode("utf-16-be"), "is UTF-16"),
        (b"%PDF-1.7", "is PDF"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page or an XML message"),
        (b"\n  <html lang=en>", "a web page or an XML message"),
        (BOM + b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "a web page or an XML message"),
        (b"\0\0\0\0", "neither gzip, zip nor CSV"),
        (b"\x89PNG\r\n\x1a\n", "neither gzip, zip nor CSV"),
    ],
)
@pytest.mark.parametrize("pack", [plain, gzip.compress, zipped])
def test_anything_else_is_refused_by_its_name(
    tmp_path: Path, pack: Callable[[bytes], bytes], data: bytes, said: str
) -> None:
    with pytest.raises(ArchiveError, match=said):
        read(tmp_path, pack(data))


@pytest.mark.parametrize("outer", [gzip.compress, zipped])
@pytest.mark.parametrize("inner", [gzip.compress, zipped])
def test_an_archive_in_an_archive_is_refused(
    tmp_path: Path, outer: Callable[[bytes], bytes], inner: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(ArchiveError, match="an archive inside the archive"):
        read(tmp_path, outer(inner(DATA)))


@pytest.mark.parametrize("beginning", [b"\x1f", b"\x1f\x8b", b"PK", b"PK\x03", b"PK\x05\x06", b"PK\x03\x04"])
def test_the_first_bytes_of_an_archive_alone_are_no_table(tmp_path: Path, beginning: bytes) -> None:
    with pytest.raises(ArchiveError):
        read(tmp_path, beginning)


def test_no_noise_ends_in_anything_but_an_archive_error(tmp_path: Path) -> None:
    for magic in (b"\x1f\x8b\x08\x00", b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"):
        for _ in range(40):
            with pytest.raises(ArchiveError):
                read(tmp_path, magic + os.urandom(300))
