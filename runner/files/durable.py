"""Files that survive a power cut: written beside their place, synced, renamed, and the rename synced too."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, Literal

from runner.seam import effect

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

# So many bytes are on their way to the disk while the next ones are made.
_EARLY = 64 << 20


def sync(file: BinaryIO, subject: str) -> None:
    """Have a file's bytes on the disk before going on."""
    file.flush()
    with effect("fsync", subject):
        os.fsync(file.fileno())


class EarlySync:
    """Has a long file's bytes written to the disk while it grows, so that little is left to wait for at its end.

    A disk's error is told once to whoever syncs, so it is kept and raised in the end; the last sync is the caller's.
    """

    def __init__(self, file: BinaryIO, subject: str) -> None:
        self._file = file
        self._subject = subject
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "sync")
        self._running: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def wrote(self, length: int) -> None:
        """Note that so many bytes more are in the file. Raises OSError for an earlier sync that failed."""
        self._waiting += length
        if self._waiting >= _EARLY and (self._running is None or self._running.done()):
            self._raise()
            self._waiting = 0
            self._running = self._thread.submit(sync, self._file, self._subject)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown()
        if error is None:
            self._raise()

    def _raise(self) -> None:
        if self._running is not None:
            self._running.result()


def write_all(file: BinaryIO, block: bytes | bytearray) -> None:
    """Write a block to an unbuffered file, which may take it in pieces."""
    view = memoryview(block)
    while view:
        view = view[file.write(view) :]


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk: a rename is only durable after this."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with effect("fsync", str(folder)):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents; each new name is durable."""
    if folder.is_dir():
        return
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def part_of(final: Path) -> Path:
    """The dot-file beside `final` in which it grows: short however long the name is, and the same every time.

    The same every time, so that what a killed program left is overwritten by the next one.
    """
    return final.with_name(f".{hashlib.sha256(os.fsencode(final.name)).hexdigest()[:16]}.part")


def rename(source: Path, final: Path) -> None:
    """Give a synced file its final name, durably; what had the name is replaced."""
    with effect("rename", str(final)):
        source.replace(final)
    sync_folder(final.parent)


def open_own(path: Path, mode: Literal["wb", "ab"]) -> BinaryIO:
    """A file of ours to write, without a buffer. A link in its place, which somebody else put there, is not followed.

    One that is written anew takes the link's place; what is to go on raises OSError.
    """
    if mode == "wb" and path.is_symlink():
        path.unlink()
    return open(path, mode, buffering=0, opener=_not_through_a_link)


def _not_through_a_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def write_whole(final: Path, data: bytes) -> None:
    """Write a small file so that its name means either the old bytes or the new ones, whatever happens."""
    part = part_of(final)
    try:
        with open_own(part, "wb") as file:
            with effect("write", str(final)):
                write_all(file, data)
            sync(file, str(final))
        rename(part, final)
    except OSError:
        part.unlink(missing_ok=True)
        raise
