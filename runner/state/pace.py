"""One pace for an account over all processes that share a state file: each turn is reserved in a small locked file."""

from __future__ import annotations

import fcntl
import os
import struct
import time
from typing import TYPE_CHECKING

import anyio

from runner.botify.pace import ROOM, Turns
from runner.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

    from runner.botify.pace import Trip

_MOMENT = struct.Struct("<d")
# The clock starts anew when the machine does: a reservation further ahead than this is of a former life.
_FURTHEST = 600.0


class SharedTurns:
    """A Pace. Within the process `Turns` keeps order and moves back after a 429; the file keeps processes apart."""

    def __init__(self, path: Path, rate: float) -> None:
        self._path = path
        self._within = Turns(rate)
        self._rate = rate
        self._written = b""

    def at_most(self, rate: float) -> None:
        """Be no faster than `rate` requests a second from now on."""
        self._rate = min(self._rate, rate)
        self._within.at_most(rate)

    async def turn(self) -> Trip:
        """Wait for this process's place among its own requests, then for its place among all processes."""
        trip = await self._within.turn()
        await anyio.sleep(max(0.0, self._reserve() - time.monotonic()))
        trip.left = time.monotonic()
        return trip

    def arrived(self, trip: Trip) -> None:
        """The request of a turn was answered, or given up."""
        self._within.arrived(trip)

    async def idle(self, patience: float) -> None:
        """Return when nobody in this process waits for a turn."""
        await self._within.idle(patience)

    def throttled(self, retry_after: float | None) -> None:
        """The API answered 429."""
        self._within.throttled(retry_after)

    def succeeded(self) -> None:
        """The API answered anything else."""
        self._within.succeeded()

    def _reserve(self) -> float:
        """The moment of the next free turn, which is nobody else's from now on. The lock is held for microseconds.

        Of another process's requests nobody knows when they arrive: beside one, turns are further apart.
        """
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            written = os.pread(file, _MOMENT.size, 0)
            now = time.monotonic()
            reserved = _MOMENT.unpack(written)[0] if len(written) == _MOMENT.size else now
            place = max(now, reserved if reserved < now + _FURTHEST else now)
            room = 1 if written == self._written else ROOM
            self._written = _MOMENT.pack(place + room / self._rate)
            os.pwrite(file, self._written, 0)
        finally:
            os.close(file)
        return place

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise StateError(f"cannot write {self._path}: {error.strerror}") from None
