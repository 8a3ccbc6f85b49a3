"""A depth that is too large: divided into disjoint parts that miss nothing, with few questions, whatever its shape."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import PlanRefused
from runner.plan.divide import Divider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.bql.partition import Part
    from runner.jsonvalue import JsonObject, JsonValue

Row = dict[str, Any]
LIMIT, FEW = 20, 5
WHOLE_DEPTH: JsonObject = {"field": "depth", "predicate": "eq", "value": 4}
COUNT: JsonObject = {"field": "count_urls_crawl"}


def holds(tree: JsonObject, row: Row) -> bool:
    """Whether a filter is true of a row; plain Python, apart from the program."""
    if "and" in tree:
        return all(holds(each, row) for each in tree["and"])
    if "or" in tree:
        return any(holds(each, row) for each in tree["or"])
    if "not" in tree:
        return not holds(tree["not"], row)
    return says(tree, row[tree["field"]])


def says(leaf: JsonObject, value: JsonValue) -> bool:
    """Whether one condition is true of a value; nothing is true of no value."""
    wanted = leaf.get("value")
    if value is None or leaf["predicate"] == "exists":
        return value is not None
    match leaf["predicate"]:
        case "eq":
            return bool(value == wanted)
        case "ends":
            return str(value).endswith(str(wanted))
        case "gte":
            return bool(value >= wanted)
        case "lt":
            return bool(value < wanted)
    raise AssertionError(leaf)


class Crawl:
    """Rows that can be asked for metrics, as the API can."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.asked = 0

    async def measure(self, where: JsonObject | None, metrics: Sequence[JsonValue]) -> list[JsonValue]:
        self.asked += 1
        rows = [row for row in self.rows if where is None or holds(where, row)]
        return [self._metric(metric, rows) for metric in metrics]

    async def addresses(self, where: JsonObject | None) -> list[str]:
        self.asked += 1
        return [row["url"] for row in self.rows if where is None or holds(where, row)][:FEW]

    def _metric(self, metric: JsonObject, rows: list[Row]) -> JsonValue:
        if "function" not in metric:
            return sum(holds(metric["filters"], row) for row in rows)
        values = [row[metric["args"][0]] for row in rows if row[metric["args"][0]] is not None]
        if not values:
            return None
        match metric["function"]:
            case "min":
                return min(values)
            case "max":
                return max(values)
        return len(set(values))

    def divided(self, limit: int = LIMIT, fields: dict[str, bool] | None = None) -> tuple[Part, ...]:
        numbers = {"size": True, "rank": False} if fields is None else fields
        divider = Divider(self.measure, self.addresses, COUNT, "url", numbers, limit)

        async def divide() -> tuple[Part, ...]:
            return await divider.divide("depth 4", WHOLE_DEPTH, len(self.rows))

        return anyio.run(divide)


def page(number: int, size: int | None = None, rank: float | None = None, url: str | None = None) -> Row:
    return {"depth": 4, "url": url or f"https://example.com/{number}.html", "size": size, "rank": rank}


def check(crawl: Crawl, parts: Sequence[Part], limit: int = LIMIT) -> None:
    """Every row is in exactly one part, every part has as many rows as it says, and none too many."""
    found = Counter[str]()
    for part in parts:
        inside = [row["url"] for row in crawl.rows if part.filter is None or holds(part.filter, row)]
        assert len(inside) == part.rows <= limit
        found.update(inside)
    assert found == Counter(row["url"] for row in crawl.rows)
    assert len(parts) <= 1.2 * -(-len(crawl.rows) // limit) + 1


sizes = st.one_of(st.none(), st.integers(0, 3), st.integers(0, 10**9))
ranks = st.one_of(st.none(), st.floats(0, 10), st.sampled_from([0.0, 1e-300, 5e-324]))
pages = st.lists(st.tuples(sizes, ranks), min_size=LIMIT + 1, max_size=150)


@settings(max_examples=150, deadline=None)
@given(pages)
def test_parts_are_disjoint_complete_within_the_limit_and_few(drawn: list[tuple[int | None, float | None]]) -> None:
    crawl = Crawl([page(number, *each) for number, each in enumerate(drawn)])
    check(crawl, crawl.divided())


endings = st.text(st.sampled_from("ab/é日") | st.characters(exclude_categories=["C"]), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(st.sets(endings, min_size=2, max_size=60), st.sampled_from(["", "?utm_source=" + "x" * 60]), st.integers(1, 20))
def test_addresses_alone_tell_pages_apart_whatever_they_end_in(paths: set[str], tail: str, limit: int) -> None:
    crawl = Crawl([page(0, url=f"https://example.com/{path}{tail}") for path in sorted(paths)])
    if len(crawl.rows) > limit:
        check(crawl, crawl.divided(limit, {}), limit)


def test_a_number_that_is_the_same_everywhere_leaves_it_to_the_addresses() -> None:
    crawl = Crawl([page(number, size=7, rank=0.5) for number in range(300)])
    check(crawl, crawl.divided())


def test_rows_without_any_number_are_divided_too() -> None:
    crawl = Crawl([page(number) for number in range(300)])
    check(crawl, crawl.divided())


def test_one_value_that_most_rows_have_is_divided_by_the_next_number() -> None:
    crawl = Crawl([page(number, size=0 if number < 280 else number, rank=number / 7) for number in range(300)])
    check(crawl, crawl.divided())


def test_values_in_two_far_clusters_are_found() -> None:
    crawl = Crawl([page(number, size=number if number < 150 else 10**12 + number) for number in range(300)])
    check(crawl, crawl.divided(fields={"size": True}))


def test_numbers_that_are_evenly_spread_take_few_questions() -> None:
    crawl = Crawl([page(number, size=number * 37 % 3001, rank=number / 3) for number in range(3000)])
    parts = crawl.divided(limit=300)
    check(crawl, parts, limit=300)
    assert crawl.asked <= 3


def test_one_prefix_that_holds_everything_is_no_trouble() -> None:
    rows = [page(number, url=f"https://example.com/shop/p/{number:08d}") for number in range(500)]
    crawl = Crawl(rows)
    check(crawl, crawl.divided())


def test_what_nothing_tells_apart_is_refused() -> None:
    crawl = Crawl([page(number, size=1, url="https://example.com/same") for number in range(100)])
    with pytest.raises(PlanRefused, match="nothing tells them apart"):
        crawl.divided()


def test_counts_that_do_not_add_up_are_refused() -> None:
    crawl = Crawl([page(number, size=number) for number in range(100)])

    async def doubled(where: JsonObject | None, metrics: Sequence[JsonValue]) -> list[JsonValue]:
        honest = await Crawl.measure(crawl, where, metrics)
        return honest if "function" in metrics[0] else [2 * int(each) for each in honest]

    crawl.measure = doubled  # type: ignore[method-assign]
    with pytest.raises(PlanRefused, match="do not add up"):
        crawl.divided()


@pytest.mark.parametrize("rows", [LIMIT + 1, 2 * LIMIT, 2 * LIMIT + 1, 10 * LIMIT])
def test_every_size_around_the_limit_comes_out_in_few_parts(rows: int) -> None:
    crawl = Crawl([page(number, size=number) for number in range(rows)])
    check(crawl, crawl.divided())
