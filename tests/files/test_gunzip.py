"""A gzip file is read to its last byte, or what is wrong with it is said."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from runner.errors import ArchiveError
from runner.files import gunzip
from runner.files.arriving import Arriving
from runner.files.work import Bounds, Damaged
from tests.files.tables import DATA

if TYPE_CHECKING:
    from pathlib import Path

PACKED = gzip.compress(DATA, mtime=0)


def read(folder: Path, packed: bytes, bounds: Bounds | None = None) -> bytes:
    raw = folder / "raw"
    raw.write_bytes(packed)
    return b"".join(gunzip.members(Arriving.whole(raw), bounds or Bounds()))


def with_name_and_comment(data: bytes) -> bytes:
    """A member with every optional part of the header: extra field, name, comment, header checksum."""
    head = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff" + b"\x03\0abc" + b"../../evil\0" + b"said so\0"
    head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    return head + gzip.compress(data, mtime=0)[10:]


def test_what_was_packed_comes_out(tmp_path: Path) -> None:
    assert read(tmp_path, PACKED) == DATA
    assert read(tmp_path, with_name_and_comment(DATA)) == DATA


def test_a_header_longer_than_a_block_of_input_is_read(tmp_path: Path) -> None:
    named = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * 300_000 + b"\0" + PACKED[10:]
    assert read(tmp_path, named * 2) == DATA * 2


def test_every_member_counts(tmp_path: Path) -> None:
    assert read(tmp_path, PACKED * 3) == DATA * 3
    assert read(tmp_path, PACKED + gzip.compress(b"") + with_name_and_comment(b"end")) == DATA + b"end"


def test_members_may_end_anywhere_in_a_block_of_input(tmp_path: Path) -> None:
    # Bytes that cannot be packed make each member a little longer than the last, across several blocks.
    parts = [bytes((seed * each) % 251 for each in range(4000 + seed)) for seed in range(1, 150)]
    stored = b"".join(gzip.compress(part, 0, mtime=0) for part in parts)
    assert read(tmp_path, stored) == b"".join(parts)


def test_a_member_of_many_blocks_comes_out_whole(tmp_path: Path) -> None:
    data = b"".join(b"%d,%d\n" % (each, each * each) for each in range(100_000))
    assert read(tmp_path, gzip.compress(data)) == data


@pytest.mark.parametrize("padding", [1, 511, 1 << 20])
def test_zeros_after_the_end_are_padding(tmp_path: Path, padding: int) -> None:
    assert read(tmp_path, PACKED + bytes(padding)) == DATA


@pytest.mark.parametrize(
    "trailing",
    [b"x", b"\x1f", b"\x1f\x8b", b"<html>", bytes(9) + b"x", bytes(1 << 20) + b"x", bytes(3) + PACKED, PACKED[:-1]],
)
def test_anything_else_after_the_end_is_damage(tmp_path: Path, trailing: bytes) -> None:
    with pytest.raises(Damaged):
        read(tmp_path, PACKED + trailing)


@pytest.mark.parametrize("packed", [PACKED, with_name_and_comment(DATA)])
def test_a_cut_at_any_byte_is_seen(tmp_path: Path, packed: bytes) -> None:
    for length in range(1, len(packed)):
        with pytest.raises(Damaged):
            read(tmp_path, packed[:length])


def test_a_cut_at_any_byte_of_a_second_member_is_seen(tmp_path: Path) -> None:
    for length in range(1, len(PACKED)):
        with pytest.raises(Damaged):
            read(tmp_path, PACKED + PACKED[:length])


def test_a_changed_byte_is_seen_or_changes_nothing(tmp_path: Path) -> None:
    harmless = 0
    for at in range(len(PACKED)):
        changed = bytearray(PACKED)
        changed[at] ^= 0x41
        try:
            assert read(tmp_path, bytes(changed)) == DATA
        except ArchiveError:
            continue
        harmless += 1
    # Only the time, the system and, to isal, flags that nobody has defined mean nothing.
    assert harmless <= 7


def test_a_bomb_stops_at_the_bound(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(50 << 20))
    with pytest.raises(ArchiveError, match="refused as a bomb"):
        read(tmp_path, bomb, Bounds(ratio=100, slack=1 << 20))
    with pytest.raises(ArchiveError, match="more than 1000 bytes"):
        read(tmp_path, PACKED, Bounds(size=1000))
    assert read(tmp_path, PACKED, Bounds(size=len(DATA))) == DATA


def test_a_bomb_never_takes_more_memory_than_a_few_blocks(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(gzip.compress(bytes(40 << 20)))
    tracemalloc.start()
    for _ in gunzip.members(Arriving.whole(raw), Bounds(ratio=2000)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_damaged_file_is_an_archive_error() -> None:
    assert issubclass(Damaged, ArchiveError)
