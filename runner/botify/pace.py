"""How fast an account is asked: evenly spaced turns, and a schedule that moves back as a whole after a 429."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# Waits after a 429 that says nothing about when to come back: these many seconds, doubled, up to the longest.
_FIRST, _LONGEST, _MOST_STRIKES = 1.0, 60.0, 6
# A Retry-After is believed up to here: an account's whole schedule hangs on it.
_LONGEST_ASKED = 300.0


# Requests that leave evenly spaced arrive less evenly: without a little room between them, five in a second are six.
_ROOM = 1.05


def interval(rate: float) -> float:
    """The seconds between two turns that keep to `rate` requests a second where they arrive."""
    return _ROOM / rate


class Pace(Protocol):
    """What a client asks before each request, and tells after each answer."""

    def at_most(self, rate: float) -> None:
        """Be no faster than `rate` requests a second from now on."""

    async def turn(self) -> None:
        """Return when the account may be asked again."""

    def throttled(self, retry_after: float | None) -> None:
        """The API answered 429; `retry_after` is what it asked for, in seconds."""

    def succeeded(self) -> None:
        """The API answered anything else."""


class Turns:
    """A pace within this process.

    Turns are handed out on a timeline of their own, an interval apart, first come first served; a 429 shifts
    that timeline against the clock, so everyone who waits moves back at once, in order, and nobody is woken for it.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._interval = interval(rate)
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._shift = 0.0
        self._blocked_until = clock()
        self._strikes = 0

    def at_most(self, rate: float) -> None:
        """Be no faster than `rate` requests a second from now on."""
        self._interval = max(self._interval, interval(rate))

    async def turn(self) -> None:
        """Wait for this caller's place on the timeline."""
        place = max(self._next, self._clock() - self._shift)
        self._next = place + self._interval
        while (wait := place + self._shift - self._clock()) > 0:
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
        self._shift += max(0.0, until - max(now, self._blocked_until))
        self._blocked_until = max(until, self._blocked_until)

    def succeeded(self) -> None:
        """Forgive one 429: after a run of them the pace recovers step by step."""
        self._strikes = max(0, self._strikes - 1)
