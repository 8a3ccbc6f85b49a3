"""Lists that come in pages: all of them, in spite of rows that move and servers that repeat themselves."""

from __future__ import annotations

from dataclasses import dataclass
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


async def each_page(fetch: Callable[[int], Awaitable[Page]], take: Callable[[Page], bool], *, stale: int) -> Page:
    """Fetch pages 1, 2, … to the last, which is returned.

    `take` says whether a page brought anything new; ApiAnswerError after `stale` pages in a row that did not.
    """
    old = 0
    for number in range(1, _MOST + 1):
        page = await fetch(number)
        old = 0 if take(page) else old + 1
        if not page.more or not page.items:
            return page
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
    """Items by their key, in the order of the list; `count` is what the list itself says it has."""

    items: dict[str, JsonValue]
    count: int | None


async def keyed(fetch: Callable[[int], Awaitable[Page]], key: Callable[[JsonValue], str]) -> Listing:
    """Every item of a list that may move while it is read; of two with one key the later, which is newer news."""
    found: dict[str, JsonValue] = {}

    def take(page: Page) -> bool:
        before = len(found)
        found.update({key(item): item for item in page.items})
        return len(found) > before

    last = await each_page(fetch, take, stale=_STALE)
    return Listing(found, last.count)


async def complete(fetch: Callable[[int], Awaitable[Page]], key: Callable[[JsonValue], str]) -> tuple[JsonValue, ...]:
    """A moving list without a gap.

    Where fewer items came than the list counts, one may have slipped to a page already read, and the list is read
    again until nothing is missing or two readings agree (then the count counts something else). Raises ApiUnavailable
    where that does not come about.
    """
    before: Listing | None = None
    for _ in range(_READINGS):
        listing = await keyed(fetch, key)
        settled = before is not None and before.items.keys() == listing.items.keys()
        if settled or len(listing.items) >= (listing.count or 0):
            return tuple(listing.items.values())
        before = listing
    raise ApiUnavailable(f"the API's list changes faster than it can be read: {_READINGS} readings were incomplete")
