"""The staged file: counted, hashed, durable, the same bytes for the same table, and gone where it failed."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from typing import TYPE_CHECKING

import pytest

from runner import seam
from runner.files import durable
from runner.files.staged import stage
from runner.files.work import Damaged
from tests.files.tables import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def effects() -> Iterator[list[tuple[str, str]]]:
    """Every effect that happens, as (kind, subject)."""
    seen: list[tuple[str, str]] = []

    class Notes:
        def before(self, kind: str, subject: str) -> None:
            """Nothing has happened yet."""

        def after(self, kind: str, subject: str) -> None:
            seen.append((kind, subject))

    seam.observe(Notes())
    yield seen
    seam.observe(None)


def test_length_and_checksum_are_those_of_the_file(tmp_path: Path) -> None:
    staged = tmp_path / "deep" / "er" / "file"
    length, digest = stage(staged, [DATA, b"", DATA], compress=False)
    assert staged.read_bytes() == DATA * 2
    assert (length, digest) == (len(DATA) * 2, hashlib.sha256(DATA * 2).hexdigest())


def test_a_compressed_file_is_gzip_and_its_checksum_its_own(tmp_path: Path) -> None:
    staged = tmp_path / "file"
    length, digest = stage(staged, [DATA] * 100, compress=True)
    packed = staged.read_bytes()
    assert gzip.decompress(packed) == DATA * 100
    assert (length, digest) == (len(packed), hashlib.sha256(packed).hexdigest())


def test_the_same_table_is_the_same_bytes_whenever_it_is_compressed_and_however_it_came(tmp_path: Path) -> None:
    digests = {
        stage(tmp_path / "one", [DATA], compress=True),
        stage(tmp_path / "two", [DATA[:7], b"", DATA[7:]], compress=True),
    }
    assert len(digests) == 1
    # Neither a name nor a time is in its header.
    assert (tmp_path / "one").read_bytes()[:8] == b"\x1f\x8b\x08\0\0\0\0\0"


def test_what_was_there_before_is_replaced(tmp_path: Path) -> None:
    staged = tmp_path / "file"
    staged.write_bytes(b"left by a program that was killed" * 100)
    stage(staged, [b"new"], compress=False)
    assert staged.read_bytes() == b"new"


def test_no_half_file_is_left_where_making_the_blocks_failed(tmp_path: Path) -> None:
    def blocks() -> Iterator[bytes]:
        yield DATA
        raise Damaged("cut short")

    with pytest.raises(Damaged):
        stage(tmp_path / "file", blocks(), compress=False)
    assert not list(tmp_path.iterdir())


def test_the_last_thing_that_happens_to_it_is_its_sync(tmp_path: Path, effects: list[tuple[str, str]]) -> None:
    staged = tmp_path / "file"
    stage(staged, [b"a", b"b"], compress=False)
    assert effects == [("write", str(staged)), ("write", str(staged)), ("fsync", str(staged))]


def test_a_long_file_is_synced_while_it_grows(
    tmp_path: Path, effects: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_EARLY", 1000)
    stage(tmp_path / "file", [DATA] * 50, compress=False)
    assert (tmp_path / "file").read_bytes() == DATA * 50
    assert [kind for kind, _ in effects].count("fsync") > 1
    assert effects[-1][0] == "fsync"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sync")]


def test_a_disk_that_fails_an_early_sync_fails_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The system tells of a lost write once: to the sync in the thread, and not to the last one.
    real, failed = os.fsync, threading.Event()

    def fsync(descriptor: int) -> None:
        if not failed.is_set():
            failed.set()
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(durable, "_EARLY", len(DATA) * 50)
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output error"):
        stage(tmp_path / "file", [DATA] * 50, compress=False)
    assert not (tmp_path / "file").exists()
