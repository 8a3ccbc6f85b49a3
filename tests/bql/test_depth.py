"""Depth rules over distributions: what fits, what is left out, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.bql.depth import DepthDistribution, choose
from runner.errors import PlanRefused
from runner.spec.model import DepthRule

DEMO: tuple[int, ...] = (
    10,
    550,
    28_000,
    275_000,
    825_000,
    660_000,
    440_000,
    275_000,
    165_000,
    110_000,
    55_000,
    44_000,
    33_000,
    28_000,
)
DEMO += (22_000, 17_000, 11_000, 6_000, 3_000, 1_100, 550)
DEMO_DISTRIBUTION = DepthDistribution(tuple(enumerate(DEMO)))
MAX_SAFE = DepthRule("max_safe")

distributions = st.builds(
    DepthDistribution,
    st.dictionaries(st.integers(0, 40), st.integers(0, 1000), max_size=12).map(
        lambda counts: tuple(sorted(counts.items()))
    ),
    st.integers(0, 50),
)


def test_the_demo_crawl_goes_to_depth_3_and_says_what_depth_4_would_have_brought() -> None:
    choice = choose(MAX_SAFE, DEMO_DISTRIBUTION, 1_000_000)
    assert (choice.shallowest, choice.deepest, choice.rows) == (None, 3, 303_560)
    assert choice.reason == "depth 3 brings 303,560 rows; depth 4 would have brought 1,128,560"


def test_a_crawl_that_fits_is_taken_down_to_its_deepest_page() -> None:
    choice = choose(MAX_SAFE, DEMO_DISTRIBUTION, 3_000_000)
    assert (choice.deepest, choice.rows) == (20, 2_999_210)
    assert "everything fits" in choice.reason


def test_exactly_the_limit_still_fits() -> None:
    assert choose(MAX_SAFE, DEMO_DISTRIBUTION, 303_560).deepest == 3
    assert choose(MAX_SAFE, DEMO_DISTRIBUTION, 303_559).deepest == 2


def test_where_not_even_the_home_page_fits_the_counts_are_given_and_split_is_suggested() -> None:
    with pytest.raises(PlanRefused, match="not even depth 0 fits: it has 10 rows, and an export takes 9") as refused:
        choose(MAX_SAFE, DEMO_DISTRIBUTION, 9)
    assert "split" in refused.value.hint


def test_missing_depths_are_no_obstacle() -> None:
    sparse = DepthDistribution(((0, 1), (4, 5), (9, 100)))
    assert choose(MAX_SAFE, sparse, 10).deepest == 4


def test_rows_without_a_depth_are_named_wherever_they_are_left_out() -> None:
    some_lost = DepthDistribution(((0, 1),), without_depth=1234)
    assert choose(MAX_SAFE, some_lost, 10).warning == "1,234 rows have no depth and are left out"
    assert choose(DepthRule("band", None, 5), some_lost, 10).warning == "1,234 rows have no depth and are left out"
    assert choose(DepthRule("all"), some_lost, 2000).warning is None


def test_a_crawl_where_no_url_has_a_depth_gives_no_rows_and_says_so() -> None:
    choice = choose(MAX_SAFE, DepthDistribution((), without_depth=7), 10)
    assert (choice.deepest, choice.rows, choice.reason) == (0, 0, "no URL has a depth")


@pytest.mark.parametrize(
    ("rule", "band", "rows"),
    [
        (DepthRule("band", None, 2), (None, 2), 28_560),
        (DepthRule("band", 2, 3), (2, 3), 303_000),
        (DepthRule("band", 19), (19, None), 1_650),
    ],
)
def test_a_band_is_closed_at_both_ends(rule: DepthRule, band: tuple[int | None, int | None], rows: int) -> None:
    choice = choose(rule, DEMO_DISTRIBUTION, 1_000_000)
    assert ((choice.shallowest, choice.deepest), choice.rows) == (band, rows)


@pytest.mark.parametrize("rule", [DepthRule("band", None, 4), DepthRule("band", 4, 5), DepthRule("all")])
def test_what_does_not_fit_is_refused_with_both_numbers(rule: DepthRule) -> None:
    with pytest.raises(PlanRefused, match=r"has [\d,]+ rows, and an export takes 1,000,000"):
        choose(rule, DEMO_DISTRIBUTION, 1_000_000)


@given(distributions, st.integers(0, 12_000))
def test_max_safe_is_the_deepest_depth_whose_cumulative_count_fits(distribution: DepthDistribution, limit: int) -> None:
    fitting = [depth for depth, rows in distribution.cumulative() if rows <= limit]
    if distribution.counts and not fitting:
        with pytest.raises(PlanRefused):
            choose(MAX_SAFE, distribution, limit)
        return
    choice = choose(MAX_SAFE, distribution, limit)
    assert choice.deepest == (max(fitting) if fitting else 0)
    assert (
        choice.rows == sum(count for depth, count in distribution.counts if depth <= max(fitting, default=-1)) <= limit
    )


@given(distributions)
def test_bands_side_by_side_add_up_to_the_whole(distribution: DepthDistribution) -> None:
    parts = distribution.between(None, 7) + distribution.between(8, 20) + distribution.between(21, None)
    assert parts + distribution.without_depth == distribution.total


def test_what_cannot_be_split_is_not_advised_to_be() -> None:
    with pytest.raises(PlanRefused) as refused:
        choose(DepthRule("all"), DepthDistribution(((0, 11),)), 10, divisible=False)
    assert "split" not in str(refused.value)
