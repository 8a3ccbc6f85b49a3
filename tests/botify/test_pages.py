"""Lists in pages that move, repeat themselves, or do not end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.botify.pages import Page, all_items, complete, keyed
from runner.errors import ApiAnswerError, ApiUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Moving:
    """A list, newest first, that changes after each page that was read."""

    def __init__(
        self, items: list[int], size: int, change: Callable[[list[int], int], None] = lambda _, __: None
    ) -> None:
        self.items, self.size, self.change, self.fetched = items, size, change, 0

    async def fetch(self, number: int) -> Page:
        start = (number - 1) * self.size
        page = tuple(self.items[start : start + self.size])
        more, count = start + self.size < len(self.items), len(self.items)
        self.fetched += 1
        self.change(self.items, self.fetched)
        return Page(page, more, count)


def complete_of(fetch: Callable[[int], Awaitable[Page]]) -> list[int]:
    async def go() -> list[int]:
        return list(await complete(fetch, str))

    return anyio.run(go)


@given(st.lists(st.integers(), unique=True, max_size=30), st.integers(1, 7))
def test_a_list_that_stands_still_is_read_once_and_whole(items: list[int], size: int) -> None:
    still = Moving(list(items), size)
    assert complete_of(still.fetch) == items
    assert still.fetched == max(1, -(-len(items) // size))


@given(st.integers(1, 40), st.integers(1, 7), st.lists(st.integers(0, 2), max_size=60))
def test_nothing_is_missed_while_new_ones_arrive(many: int, size: int, arrivals: list[int]) -> None:
    there = list(range(many, 0, -1))

    def arrive(items: list[int], fetched: int) -> None:
        for _ in range(arrivals[fetched - 1] if fetched <= len(arrivals) and size > 2 else 0):
            items.insert(0, len(items) + 1)

    found = complete_of(Moving(list(there), size, arrive).fetch)
    assert set(found) >= set(there)
    assert len(found) == len(set(found))


def test_one_that_slips_to_a_page_already_read_is_found_by_reading_again() -> None:
    def expire(items: list[int], fetched: int) -> None:
        if fetched == 1:
            items.remove(9)

    moving = Moving(list(range(9, 0, -1)), 3, expire)
    assert sorted(complete_of(moving.fetch)) == list(range(1, 9))
    assert moving.fetched > 3


def test_a_loss_is_seen_although_a_new_one_makes_up_the_number() -> None:
    def exchange(items: list[int], fetched: int) -> None:
        if fetched == 1:
            items.remove(9)
        if fetched == 2:
            items.append(0)

    assert sorted(complete_of(Moving(list(range(9, 0, -1)), 3, exchange).fetch)) == list(range(9))


def test_one_that_moves_to_the_front_meanwhile_is_found_by_reading_again() -> None:
    def renewed(items: list[int], fetched: int) -> None:
        if fetched == 1:
            items.remove(5)
            items.insert(0, 5)

    moving = Moving(list(range(9, 0, -1)), 3, renewed)
    assert sorted(complete_of(moving.fetch)) == list(range(1, 10))
    assert moving.fetched == 6


def test_a_list_that_keeps_losing_rows_is_never_called_complete() -> None:
    moving = Moving(list(range(1000, 0, -1)), 3, lambda items, _: items.remove(items[0]))
    with pytest.raises(ApiUnavailable, match="5 readings were incomplete"):
        complete_of(moving.fetch)


def test_a_count_that_counts_something_else_is_believed_less_than_two_readings() -> None:
    async def fetch(number: int) -> Page:
        return Page((number,), more=number < 3, count=99)

    assert complete_of(fetch) == [1, 2, 3]


def test_a_page_that_is_repeated_is_an_error_and_not_asked_for_for_ever() -> None:
    asked: list[int] = []

    async def always_the_first(number: int) -> Page:
        asked.append(number)
        return Page((1, 2), more=True, count=None)

    for read, pages in ((all_items(always_the_first), 2), (keyed(always_the_first, str), 4)):

        async def go(reading: Awaitable[object] = read) -> object:
            return await reading

        with pytest.raises(ApiAnswerError, match="does not end"):
            anyio.run(go)
        assert asked == list(range(1, pages + 1))
        asked.clear()


def test_pages_in_a_circle_are_an_error() -> None:
    async def fetch(number: int) -> Page:
        return Page((number % 2,), more=True, count=None)

    with pytest.raises(ApiAnswerError, match="does not end"):
        complete_of(fetch)


def test_an_empty_page_is_the_end_whatever_it_says() -> None:
    async def fetch(number: int) -> Page:
        return Page((number,) if number < 4 else (), more=True, count=None)

    async def go() -> tuple[int, ...]:
        return await all_items(fetch)

    assert anyio.run(go) == (1, 2, 3)


def test_equal_rows_within_a_page_are_kept() -> None:
    async def fetch(_: int) -> Page:
        return Page((1, 1, 1), more=False, count=None)

    async def go() -> tuple[int, ...]:
        return await all_items(fetch)

    assert anyio.run(go) == (1, 1, 1)
