"""The one table in a zip file is read whole; whatever else a zip file may be is refused."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from runner.errors import ArchiveError
from runner.files import unzip
from runner.files.work import Bounds, Damaged
from tests.files.tables import DATA

if TYPE_CHECKING:
    from pathlib import Path

DEFLATED, STORED = zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED
# Short enough to spoil every byte of it.
SHORT = DATA[:200]


def zipped(*names: str, data: bytes = DATA, method: int = DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return packed.getvalue()


def streamed(data: bytes) -> bytes:
    """As a program writes it that cannot go back: sizes follow the data."""

    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError("one way")

    packed = OneWay()
    with zipfile.ZipFile(packed, "w", DEFLATED) as archive:
        archive.writestr("export.csv", data)
    return packed.getvalue()


def zip64(data: bytes) -> bytes:
    """With the fields that are made for files beyond 4 GB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", DEFLATED) as archive, archive.open("export.csv", "w", force_zip64=True) as entry:
        entry.write(data)
    return packed.getvalue()


def read(folder: Path, packed: bytes, bounds: Bounds | None = None) -> bytes:
    raw = folder / "raw"
    raw.write_bytes(packed)
    return b"".join(unzip.entry(raw, bounds or Bounds()))


@pytest.mark.parametrize("method", [DEFLATED, STORED])
def test_what_was_packed_comes_out(tmp_path: Path, method: int) -> None:
    assert read(tmp_path, zipped("export.csv", method=method)) == DATA
    assert read(tmp_path, zipped("whatever", method=method)) == DATA
    assert read(tmp_path, zipped("empty.csv", data=b"", method=method)) == b""


def test_sizes_may_follow_the_data(tmp_path: Path) -> None:
    packed = streamed(DATA)
    assert b"PK\x07\x08" in packed
    assert read(tmp_path, packed) == DATA


def test_zip64_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, zip64(DATA)) == DATA


def test_an_entry_of_many_blocks_comes_out_whole(tmp_path: Path) -> None:
    data = b"".join(b"%d,%d\n" % (each, each * each) for each in range(100_000))
    assert read(tmp_path, zipped("big.csv", data=data)) == data


@pytest.mark.parametrize("names", [("a.csv", "README.txt"), ("folder/", "folder/a.csv"), ("a.csv", "__MACOSX/._a.csv")])
def test_what_stands_beside_the_one_table_is_left_alone(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert read(tmp_path, zipped(*names)) == DATA


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "holds 0 files"),
        (("folder/",), "holds 0 files"),
        (("a.csv", "b.csv"), "holds 2 files, 2 of them tables"),
        (("a.txt", "b.txt"), "holds 2 files, 0 of them tables"),
        (tuple(f"{each}.csv" for each in range(1001)), "has 1001 entries, and one is expected"),
    ],
)
def test_anything_but_one_table_is_refused(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        read(tmp_path, zipped(*names))


@pytest.mark.parametrize(
    "name",
    ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "..\\evil.csv", "a/../../evil.csv", "\x1b[2J", "x" * 9999],
)
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    assert read(folder, zipped(name)) == DATA
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "deeper", "raw"]


@pytest.mark.parametrize("wide", [False, True])
def test_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path, wide: bool) -> None:
    packed, huge = bytearray(zip64(DATA) if wide else zipped("export.csv")), 500 << 20
    end = packed.index(b"PK\x05\x06")
    tail = packed[end:]
    struct.pack_into("<L", tail, 12, huge)
    if wide:
        record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, huge, 0)
        struct.pack_into("<L", tail, 12, 0xFFFFFFFF)
        tail = bytearray(record + struct.pack("<4sLQL", b"PK\x06\x07", 0, end + huge, 1)) + tail
    raw = tmp_path / "raw"
    with raw.open("wb") as file:
        file.write(packed[:end])
        file.seek(end + huge)
        file.write(tail)
    with pytest.raises(ArchiveError, match=f"directory has {huge} bytes"):
        b"".join(unzip.entry(raw, Bounds()))


def test_names_are_in_no_message(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as raised:
        read(tmp_path, zipped("evil\x1b[2J.csv", "other.csv"))
    assert "evil" not in str(raised.value)


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveError, match="symbolic link"):
        read(tmp_path, packed.getvalue())


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    packed = bytearray(zipped("export.csv"))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(magic) + flags] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        read(tmp_path, bytes(packed))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_rare_method_is_refused_by_its_number(tmp_path: Path, method: int) -> None:
    with pytest.raises(ArchiveError, match=f"by method {method}, not by deflate"):
        read(tmp_path, zipped("export.csv", method=method))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = zipped("bomb.csv", data=bytes(50 << 20))
    with pytest.raises(ArchiveError, match="refused as a bomb"):
        read(tmp_path, bomb, Bounds(ratio=100, slack=1 << 20))
    with pytest.raises(ArchiveError, match="more than 1000: refused"):
        read(tmp_path, zipped("export.csv"), Bounds(size=1000))


def test_a_bomb_that_announces_little_gives_no_more_than_it_announced(tmp_path: Path) -> None:
    packed = bytearray(zipped("bomb.csv", data=bytes(1 << 20)))
    for magic, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", packed, packed.index(magic) + size, 1000)
    with pytest.raises(Damaged):
        read(tmp_path, bytes(packed))


def test_an_entry_that_has_less_than_it_announced_is_damaged(tmp_path: Path) -> None:
    packed = bytearray(zipped("export.csv"))
    for magic, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", packed, packed.index(magic) + size, len(DATA) + 1)
    with pytest.raises(Damaged, match=f"has {len(DATA)} bytes, not the {len(DATA) + 1} it announces"):
        read(tmp_path, bytes(packed))


@pytest.mark.parametrize("packed", [zipped("a.csv", data=SHORT), streamed(SHORT), zip64(SHORT)])
def test_a_cut_at_any_byte_is_seen(tmp_path: Path, packed: bytes) -> None:
    for length in range(1, len(packed)):
        with pytest.raises(Damaged):
            read(tmp_path, packed[:length])


@pytest.mark.parametrize("packed", [zipped("a.csv", data=SHORT), streamed(SHORT), zip64(SHORT)])
def test_a_changed_byte_is_seen_or_changes_nothing(tmp_path: Path, packed: bytes) -> None:
    seen = 0
    for at in range(len(packed)):
        for flip in (0x01, 0xFF):
            changed = bytearray(packed)
            changed[at] ^= flip
            try:
                assert read(tmp_path, bytes(changed)) == SHORT
            except ArchiveError:
                seen += 1
    assert seen > len(packed)


def test_noise_that_begins_like_a_zip_is_an_archive_error(tmp_path: Path) -> None:
    for _ in range(100):
        with pytest.raises(ArchiveError):
            read(tmp_path, b"PK\x03\x04" + os.urandom(200))
