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

# A reservation, and when the clock that it is by began, both in seconds.
_MOMENT = struct.Struct("<dd")
# That clock starts anew when the machine does, and a state file may come from another: what was reserved in a former
# life, by a clock that began at another time or further ahead than this, is nobody's any more.
_SAME_LIFE, _FURTHEST = 5.0, 600.0


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
            place = max(now, _reserved(written, now))
            room = 1 if written == self._written else ROOM
            self._written = _MOMENT.pack(place + room / self._rate, time.time() - now)
            os.pwrite(file, self._written, 0)
        finally:
            os.close(file)
        return place

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StateError(f"cannot write {self._path}: {error.strerror}") from None


def _reserved(written: bytes, now: float) -> float:
    """Until when turns are taken; `now` where nothing of this life of the machine says so."""
    if len(written) != _MOMENT.size:
        return now
    reserved, began = _MOMENT.unpack(written)
    same_life = abs(time.time() - now - began) < _SAME_LIFE
    return float(reserved) if same_life and reserved < now + _FURTHEST else now
