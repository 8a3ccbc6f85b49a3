"""Whatever fails, wherever a delivery is killed: the old file or the new one is there; another try puts it right."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from runner.errors import PlaceError
from runner.files import rawfile
from runner.files.manifest import manifest_path, read_manifest
from runner.seam import observe
from tests.files.delivery import FINAL, RAW, deliver
from tests.files.server import FileServer, chunked
from tests.files.tables import DATA, WANTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.seam import Kind

OLD = b"what was there before"
DISK = {"write", "fsync", "rename"}


class Failing:
    """A disk that refuses its effect number `at`."""

    def __init__(self, at: int, number: int) -> None:
        self.seen = 0
        self._at = at
        self._number = number

    def before(self, kind: Kind, _subject: str) -> None:
        self.seen += kind in DISK
        if kind in DISK and self.seen == self._at:
            raise OSError(self._number, os.strerror(self._number))

    def after(self, _kind: Kind, _subject: str) -> None:
        """Nothing fails after the fact."""


@pytest.fixture
def orders() -> Iterator[subprocess.Popen[str]]:
    """A process that forks victims."""
    command = [sys.executable, "-m", "tests.files.delivery"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        _pipe(process.stdin).close()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def killed(orders: subprocess.Popen[str], folder: Path, url: str, at: int, moment: str) -> bool:
    """Whether a delivery that was to be killed at an effect came so far."""
    _pipe(orders.stdin).write(json.dumps([str(folder), url, at, moment]) + "\n")
    _pipe(orders.stdin).flush()
    code = int(_pipe(orders.stdout).readline())
    assert code in (0, -9)
    return code == -9


def tree(folder: Path) -> dict[str, bytes]:
    """Every file in the output folder, dot-files too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}


def before(folder: Path) -> Path:
    """A folder with an older file in the place."""
    (folder / FINAL).parent.mkdir(parents=True)
    (folder / FINAL).write_bytes(OLD)
    return folder


def check_whole(folder: Path) -> None:
    """The old file or the new one, and a manifest that is whole if there is one."""
    assert (folder / FINAL).read_bytes() in (OLD, WANTED)
    manifest = Path(manifest_path(str(folder / FINAL)))
    assert not manifest.exists() or read_manifest(str(manifest)).rows == 40


def left_to_fetch(folder: Path) -> int:
    """The bytes that are not here yet, or not known to be the beginning of the file."""
    resumable = rawfile.read_note(folder / RAW).validator is not None
    return len(DATA) - (rawfile.size(folder / RAW) if resumable else 0)


def test_a_calm_delivery_leaves_the_file_and_its_manifest(server: FileServer, tmp_path: Path) -> None:
    receipt = deliver(before(tmp_path), server.url)
    assert (receipt.rows, receipt.bytes, receipt.fetched) == (40, len(WANTED), len(DATA))
    assert sorted(tree(tmp_path)) == ["out/org/project/file.csv", "out/org/project/file.manifest.json"]
    assert (tmp_path / FINAL).read_bytes() == WANTED


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_disk_that_refuses_anything_loses_nothing(server: FileServer, tmp_path: Path, number: int) -> None:
    deliver(before(tmp_path / "calm"), server.url)
    calm = tree(tmp_path / "calm")
    at = 0
    while True:
        at += 1
        folder = before(tmp_path / str(at))
        failing = Failing(at, number)
        observe(failing)
        try:
            if failing_delivery_succeeds(folder, server.url):
                break
        finally:
            observe(None)
        check_whole(folder)
        assert set(tree(folder)) <= set(calm)
        left = left_to_fetch(folder)
        assert deliver(folder, server.url).fetched == left
        assert tree(folder) == calm
    assert at > 15


def failing_delivery_succeeds(folder: Path, url: str) -> bool:
    """False, after the one kind of error that a disk may cause."""
    try:
        deliver(folder, url)
    except PlaceError as error:
        return "run again" not in error.hint
    return True


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_kill_at_any_effect_loses_nothing(
    orders: subprocess.Popen[str], server: FileServer, tmp_path: Path, moment: str, in_chunks: bool
) -> None:
    deliver(before(tmp_path / "calm"), server.url)
    calm = tree(tmp_path / "calm")
    for at in itertools.count(1):
        folder = before(tmp_path / str(at))
        if in_chunks:
            server.next(chunked(DATA))
        if not killed(orders, folder, server.url, at, moment):
            break
        server.turns.clear()
        check_whole(folder)
        left = left_to_fetch(folder)
        assert deliver(folder, server.url).fetched == left
        assert tree(folder) == calm
    assert at > 20
