"""A raw file that is read while it still arrives: who reads it waits for what is not there yet."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer


class Abandoned(Exception):
    """These bytes come to nothing: their download failed, or began once more from its start."""


class Arriving:
    """The raw file of a download: one thread tells what has come, any other may read."""

    def __init__(self, raw: Path) -> None:
        self.path = raw
        self._changed = threading.Condition()
        self._there, self._announced = 0, 0
        self._ended = self._abandoned = False

    @classmethod
    def whole(cls, raw: Path) -> Arriving:
        """One that is all there."""
        arrived = cls(raw)
        arrived.grew(raw.stat().st_size, None)
        arrived.end()
        return arrived

    @property
    def size(self) -> int:
        """Its length in bytes, as far as it is known: what was announced, or what has come."""
        return max(self._there, self._announced)

    def grew(self, there: int, announced: int | None) -> None:
        """So many bytes are there now, of so many in all where that is known."""
        with self._changed:
            self._there, self._announced = there, announced or 0
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing more comes: it is whole."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Whoever reads it need not go on: each of their reads raises Abandoned."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()

    def wait(self, offset: int | None = None) -> None:
        """Return when the byte at an offset has come, or the end, for which alone is waited without an offset."""

        def has_come() -> bool:
            return self._ended or self._abandoned or (offset is not None and self._there > offset)

        with self._changed:
            self._changed.wait_for(has_come)
        if self._abandoned:
            raise Abandoned

    def open(self, block: int) -> io.BufferedReader:
        """Read it from its start, in blocks of so many bytes."""
        return io.BufferedReader(_Patient(self), block)


class _Patient(io.FileIO):
    """Never at its end before the file is."""

    def __init__(self, arriving: Arriving) -> None:
        super().__init__(arriving.path, "rb")
        self._arriving = arriving

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._arriving.wait(self.tell())
        return super().readinto(buffer)
