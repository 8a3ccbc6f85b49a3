"""Trouble that passes: how often it is tried again, how long it is waited for, and who is told."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

import anyio

from runner.errors import ApiUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from runner.errors import ApiThrottled

T = TypeVar("T")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class Transient(Exception):
    """A try that came to nothing for a reason that may pass; `retry_after`: what the server asks for, in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class Throttled(Exception):
    """One try that was answered 429; the account's pace does the waiting."""

    def __init__(self, refusal: ApiThrottled) -> None:
        super().__init__(refusal.message)
        self.message = refusal.message


@dataclass(frozen=True, slots=True)
class Trouble:
    """A try that will be repeated: what happened, how many came to nothing by now, the wait in seconds."""

    message: str
    tries: int
    wait: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on. All times are seconds.

    The n-th wait is anything up to `first * 2**(n-1)`, at most `longest`: with the defaults 26 s in all on average and
    51 s at most. A server's own Retry-After is waited for up to `longest_asked`. A 429 is only a matter of pace, and
    ends after `tries` of them over `throttled` seconds without an answer.
    """

    tries: int = 9
    first: float = 0.2
    longest: float = 30
    longest_asked: float = 120
    throttled: float = 600
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random

    def wait(self, failures: int, retry_after: float | None) -> float:
        """Seconds until the next try, after so many failures."""
        # Any moment up to the limit: clients that failed together must not come back together.
        backoff = self.jitter() * min(self.first * 2.0 ** min(failures - 1, 100), self.longest)
        return max(backoff, min(retry_after or 0, self.longest_asked))


async def persist(attempt: Callable[[], Awaitable[T]], patience: Patience, tell: Callable[[Trouble], None]) -> T:
    """Try until it succeeds; raises ApiUnavailable when patience ends."""
    failures = refusals = 0
    throttled_since = patience.clock()
    while True:
        try:
            return await attempt()
        except Throttled as throttled:
            refusals += 1
            throttled_since = patience.clock() if refusals == 1 else throttled_since
            if refusals >= patience.tries and patience.clock() - throttled_since >= patience.throttled:
                raise ApiUnavailable(f"{throttled.message}, for {patience.throttled:g} s") from None
            tell(Trouble(throttled.message, refusals, 0))
        except Transient as trouble:
            failures += 1
            if failures >= patience.tries:
                raise ApiUnavailable(f"{trouble.message}; tried {failures} times") from None
            wait = patience.wait(failures, trouble.retry_after)
            tell(Trouble(trouble.message, failures, wait))
            await patience.sleep(wait)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks for, as a number or a date; None where it asks for nothing that can be read.

    A date is taken against the server's own Date: its clock need not be ours.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    when = _moment(text)
    if when is None:
        return None
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (when - now).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return when.replace(tzinfo=when.tzinfo or UTC)
