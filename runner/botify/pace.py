"""How fast an account is asked: evenly spaced turns, and a schedule that moves back as a whole after a 429."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# Waits after a 429 that says nothing about when to come back: these many seconds, doubled, up to the longest.
_FIRST, _LONGEST, _MOST_STRIKES = 1.0, 60.0, 6
# A Retry-After is believed up to here: an account's whole schedule hangs on it.
_LONGEST_ASKED = 300.0


# Requests that leave evenly spaced arrive less evenly: there is so much room for one that is not known to have arrived.
ROOM = 1.05
# What a 429 adds to it, and each other answer takes away again: how unevenly they arrive is the network's affair.
_MORE_ROOM, _LESS_ROOM = 0.05, 0.0005


@dataclass(slots=True)
class Trip:
    """One request: when it left, and when it had certainly arrived, by the pace's clock."""

    left: float
    arrived: float | None = None


class Pace(Protocol):
    """What a client asks before each request, and tells after each answer."""

    def at_most(self, rate: float) -> None:
        """Be no faster than `rate` requests a second from now on."""

    async def turn(self) -> Trip:
        """Return when the account may be asked again."""

    def arrived(self, trip: Trip) -> None:
        """The request of a turn was answered, or given up."""

    async def idle(self, patience: float) -> None:
        """Return when nobody waits for a turn, after so many seconds at the latest."""

    def throttled(self, retry_after: float | None) -> None:
        """The API answered 429; `retry_after` is what it asked for, in seconds."""

    def succeeded(self) -> None:
        """The API answered anything else."""


class Turns:
    """A pace within this process.

    Turns are handed out on a timeline of their own, evenly spaced, first come first served; a 429 shifts that timeline
    against the clock, so everyone who waits moves back at once, in order, and nobody is woken for it. So does a request
    that would be one too many where requests arrive: at 5 a second the sixth leaves a second after the first arrived.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._rate = rate
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._shift = 0.0
        self._blocked_until = clock()
        self._strikes = 0
        self._room = ROOM
        self._trips = deque[Trip](maxlen=_together(rate))

    def at_most(self, rate: float) -> None:
        """Be no faster than `rate` requests a second from now on."""
        if rate < self._rate:
            self._rate = rate
            self._trips = deque(self._trips, _together(rate))

    async def turn(self) -> Trip:
        """Wait for this caller's place on the timeline."""
        place = max(self._next, self._clock() - self._shift)
        self._next = place + 1 / self._rate
        while True:
            self._shift += max(0.0, self._opens() - place - self._shift)
            wait = place + self._shift - self._clock()
            if wait <= 0:
                break
            await self._sleep(wait)
        trip = Trip(self._clock())
        self._trips.append(trip)
        return trip

    def _opens(self) -> float:
        """When the next request is no longer one too many."""
        together = _together(self._rate)
        if len(self._trips) < together:
            return float("-inf")
        first, span = self._trips[0], together / self._rate
        latest = first.left + self._room * span
        return latest if first.arrived is None else min(latest, first.arrived + span)

    def arrived(self, trip: Trip) -> None:
        """From now on the trip's time is known, and the room that was left for it is not needed."""
        trip.arrived = self._clock()

    async def idle(self, patience: float) -> None:
        """Wait until the next turn could be taken at once."""
        end = self._clock() + patience
        while (wait := min(self._next + self._shift, end) - self._clock()) > 0:
            await self._sleep(wait)

    def throttled(self, retry_after: float | None) -> None:
        """Move everyone back. Requests that were under way together count as one offence."""
        now = self._clock()
        together = now < self._blocked_until
        if retry_after is not None:
            until = now + min(retry_after, _LONGEST_ASKED)
        elif together:
            return
        else:
            until = now + min(_FIRST * 2**self._strikes, _LONGEST)
        if not together:
            self._strikes = min(self._strikes + 1, _MOST_STRIKES)
            self._room += _MORE_ROOM
        self._shift += max(0.0, until - max(now, self._blocked_until))
        self._blocked_until = max(until, self._blocked_until)

    def succeeded(self) -> None:
        """Forgive one 429: after a run of them the pace recovers step by step."""
        self._strikes = max(0, self._strikes - 1)
        self._room = max(ROOM, self._room - _LESS_ROOM)


def _together(rate: float) -> int:
    """How many requests are allowed within as long as they take at this rate, a second or so."""
    return max(1, int(rate))
