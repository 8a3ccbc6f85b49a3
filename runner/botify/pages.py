"""Lists that come in pages: all of them, in spite of rows that move and servers that repeat themselves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from runner.errors import ApiAnswerError, ApiUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from runner.jsonvalue import JsonValue

# Five million rows at 500 a page: no list that ends is longer.
_MOST = 10_000
# New rows push old ones to the next page, so a page may bring nothing new; so many in a row are a server in a circle.
_STALE = 3
_READINGS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """One page of any list. `count` is the number of items in all, where it is given."""

    items: tuple[JsonValue, ...]
    more: bool
    count: int | None


async def each_page(fetch: Callable[[int], Awaitable[Page]], take: Callable[[Page], bool], *, stale: int) -> None:
    """Fetch pages 1, 2, … to the last.

    `take` says whether a page brought anything new; ApiAnswerError after `stale` pages in a row that did not.
    """
    old = 0
    for number in range(1, _MOST + 1):
        page = await fetch(number)
        old = 0 if take(page) else old + 1
        if not page.more or not page.items:
            return
        if old >= stale:
            break
    raise ApiAnswerError("the API's list does not end: its pages repeat themselves, or are too many")


async def all_items(fetch: Callable[[int], Awaitable[Page]]) -> tuple[JsonValue, ...]:
    """Every item of a list that stands still, in order."""
    found: list[JsonValue] = []
    last: tuple[JsonValue, ...] | None = None

    def take(page: Page) -> bool:
        nonlocal last
        found.extend(page.items)
        new, last = page.items != last, page.items
        return new

    await each_page(fetch, take, stale=1)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Listing:
    """Items by their key, in the order of the list; `counts` are what its pages, one by one, said it has in all."""

    items: dict[str, JsonValue]
    counts: tuple[int, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing that was there at the start can be missing.

        New items push old ones on to pages still to come, which hides none; one that goes pulls another back to a page
        already read.
        """
        shrank = any(after < before for before, after in pairwise(self.counts))
        return not shrank and len(self.items) >= (self.counts[0] if self.counts else 0)


async def keyed(fetch: Callable[[int], Awaitable[Page]], key: Callable[[JsonValue], str]) -> Listing:
    """Every item of a list that may move while it is read; of two items with one key the later, which is newer."""
    found: dict[str, JsonValue] = {}
    counts: list[int] = []

    def take(page: Page) -> bool:
        before = len(found)
        found.update({key(item): item for item in page.items})
        counts.extend([] if page.count is None else [page.count])
        return len(found) > before

    await each_page(fetch, take, stale=_STALE)
    return Listing(found, tuple(counts))


async def complete(fetch: Callable[[int], Awaitable[Page]], key: Callable[[JsonValue], str]) -> tuple[JsonValue, ...]:
    """A moving list without a gap.

    It is read again until nothing can be missing, or two readings agree: then its counts count something else. Raises
    ApiUnavailable where that does not come about.
    """
    before: Listing | None = None
    for _ in range(_READINGS):
        listing = await keyed(fetch, key)
        if listing.whole or (before and before.items.keys() == listing.items.keys()):
            return tuple(listing.items.values())
        before = listing
    raise ApiUnavailable(f"the API's list changes faster than it can be read: {_READINGS} readings were incomplete")
