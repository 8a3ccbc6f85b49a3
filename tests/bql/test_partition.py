"""A crawl in bands of depths: disjoint, complete, within the limit, and as few as consecutive bands can be."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from runner.bql.depth import DepthDistribution
from runner.bql.partition import Band, bands

LIMIT = 10
sizes = st.lists(st.integers(0, 13), max_size=9)


def crawl(counts: list[int], without_depth: int = 0, step: int = 1) -> DepthDistribution:
    """Depths 0, 1, 2, … (or every `step`-th) with so many rows each."""
    return DepthDistribution(tuple((depth * step, rows) for depth, rows in enumerate(counts)), without_depth)


def fewest(counts: tuple[int, ...], without_depth: int, limit: int = LIMIT) -> int:
    """The least number of consecutive bands, by trying every cut and every host of what has no depth."""

    @cache
    def best(start: int, rest: int) -> int:
        if start == len(counts):
            return 1 if rest else 0
        options = []
        for end in range(start + 1, len(counts) + 1):
            rows = sum(counts[start:end])
            if rows <= limit or end == start + 1:
                options.append(1 + best(end, rest))
            if rest and rows + rest <= limit:
                options.append(1 + best(end, 0))
        return min(options)

    return best(0, without_depth)


@given(sizes, st.integers(0, 13), st.integers(1, 3))
def test_bands_are_disjoint_and_complete_and_their_rows_add_up(counts: list[int], without: int, step: int) -> None:
    distribution = crawl(counts, without, step)
    found = bands(distribution, LIMIT)
    covered = [
        depth
        for band in found
        for depth, rows in distribution.counts
        if rows
        and band.shallowest is not None
        and band.deepest is not None
        and band.shallowest <= depth <= band.deepest
    ]
    assert covered == [depth for depth, rows in distribution.counts if rows]
    assert sum(band.rows for band in found) == distribution.total
    assert sum(band.without_depth for band in found) == bool(without)


@given(sizes, st.integers(0, 13))
def test_only_what_cannot_be_put_together_is_over_the_limit(counts: list[int], without: int) -> None:
    for band in bands(crawl(counts, without), LIMIT):
        assert band.rows <= LIMIT or band.shallowest == band.deepest


@given(sizes, st.integers(0, 13))
def test_no_consecutive_banding_has_fewer_bands(counts: list[int], without: int) -> None:
    present = tuple(rows for rows in counts if rows)
    assert len(bands(crawl(counts, without), LIMIT)) == fewest(present, without)


def test_what_has_no_depth_joins_a_band_even_where_the_bands_must_be_cut_otherwise() -> None:
    # Greedily 5+5 | 2+1, which has room for the 7; no cut of 6, 4, 1, 8 into two bands has room for 4.
    assert [band.rows for band in bands(crawl([5, 5, 2, 1], without_depth=7), LIMIT)] == [10, 10]
    assert len(bands(crawl([6, 4, 1, 8], without_depth=4), LIMIT)) == 3


def test_a_band_says_which_rows_it_has() -> None:
    assert [band.name for band in bands(crawl([1, 9, 20, 3], without_depth=2), LIMIT)] == [
        "depth 0-1",
        "depth 2",
        "depth 3 and without depth",
    ]
    assert Band(None, None, 5, without_depth=True).name == "without depth"


def test_a_band_filters_its_depths_and_what_has_none() -> None:
    absent = {"not": {"field": "d", "predicate": "exists"}}
    inside = {"and": [{"field": "d", "predicate": "gte", "value": 2}, {"field": "d", "predicate": "lte", "value": 4}]}
    assert Band(2, 4, 5).filter("d") == inside
    assert Band(2, 4, 5, without_depth=True).filter("d") == {"or": [inside, absent]}
    assert Band(None, None, 5, without_depth=True).filter("d") == absent


def test_a_crawl_of_a_hundred_depths_is_cut_at_once() -> None:
    found = bands(crawl([3] * 100, without_depth=5), LIMIT)
    assert len(found) == -(-100 // 3)
