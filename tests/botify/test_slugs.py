"""Newest first, by date and number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.botify.answers import Analysis
from runner.botify.slugs import newest_first


def ordered(*slugs: str) -> list[str]:
    return [each.slug for each in newest_first(Analysis(slug, "success") for slug in slugs)]


def test_numbers_are_compared_as_numbers() -> None:
    newest = ["20240102", "20240101-10", "20240101-2", "20240101", "20231231-99"]
    assert ordered(*sorted(newest)) == newest


def test_other_slugs_come_after_by_when_they_finished() -> None:
    strange = [
        Analysis("zebra", "success"),
        Analysis("older", "success", None, "2024-01-01T00:00:00Z"),
        Analysis("newer", "success", None, "2025-01-01T00:00:00Z"),
        Analysis("20200101-x", "success"),
        Analysis("20200101", "success"),
    ]
    assert [each.slug for each in newest_first(strange)] == ["20200101", "newer", "older", "zebra", "20200101-x"]


@given(st.lists(st.tuples(st.integers(20000101, 20991231), st.integers(2, 300)), unique=True))
def test_the_order_is_that_of_the_pairs(pairs: list[tuple[int, int]]) -> None:
    expected = [f"{day}-{number}" for day, number in sorted(pairs, reverse=True)]
    assert ordered(*(f"{day}-{number}" for day, number in pairs)) == expected
