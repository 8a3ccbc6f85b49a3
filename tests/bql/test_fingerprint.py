"""A fingerprint stays the same under every change of spelling, and changes with every change of meaning."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.bql.filters import canonical
from runner.bql.fingerprint import fingerprint

if TYPE_CHECKING:
    import random

    from runner.jsonvalue import JsonObject, JsonValue

PAYLOAD: JsonObject = {
    "username": "org",
    "project": "project",
    "export_size": 1000,
    "formatter_config": {"print_header": True},
    "query": {
        "collections": ["crawl.20250413"],
        "query": {
            "dimensions": ["crawl.20250413.url", {"field": "crawl.20250413.depth", "name": "Depth"}],
            "metrics": [],
            "filters": {"and": [{"field": "crawl.20250413.depth", "predicate": "lte", "value": 3}]},
            "sort": [{"type": "dimensions", "index": 0, "order": "asc"}],
        },
    },
}


def of(payload: JsonObject, api: str = "api.botify.com", rows: int | None = 5) -> str:
    return fingerprint(api, "export", payload, rows)


def changed(*path: str | int, to: JsonValue) -> JsonObject:
    payload = copy.deepcopy(PAYLOAD)
    target: JsonValue = payload
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = to
    return payload


@pytest.mark.parametrize(
    "same",
    [
        changed("query", "query", "dimensions", 1, to="crawl.20250413.depth"),
        changed("query", "query", "dimensions", 0, to={"field": "crawl.20250413.url", "name": "Address"}),
        changed("query", "query", "sort", to=[0]),
        changed("query", "query", "sort", to=[{"index": 0}]),
        changed("query", "query", "filters", to={"value": 3, "field": "crawl.20250413.depth", "predicate": "lte"}),
        changed("query", "query", "post_filters", to={}),
        changed("query", "periods", to=[]),
        changed("formatter_config", to={"print_header": False}),
        changed("export_size", to=2000),
    ],
)
def test_spelling_does_not_matter(same: JsonObject) -> None:
    assert of(same) == of(PAYLOAD)


@pytest.mark.parametrize(
    "other",
    [
        changed("username", to="another"),
        changed("project", to="another"),
        # Of logs and of the older export, whose queries do not say it.
        changed("analysis", to="20250413"),
        changed("date_start", to="2025-04-01"),
        changed("date_end", to="2025-04-30"),
        changed("query", "collections", to=["crawl.20250413-2"]),
        changed("query", "periods", to=[["2025-01-01", "2025-01-31"]]),
        changed("query", "query", "dimensions", to=["crawl.20250413.url"]),
        changed("query", "query", "dimensions", to=["crawl.20250413.depth", "crawl.20250413.url"]),
        changed("query", "query", "metrics", to=["crawl.20250413.count_urls_crawl"]),
        changed("query", "query", "filters", "and", 0, "value", to=4),
        changed("query", "query", "filters", "and", 0, "value", to="3"),
        changed("query", "query", "filters", "and", 0, "predicate", to="lt"),
        changed("query", "query", "filters", to={"not": PAYLOAD["query"]["query"]["filters"]}),
        changed("query", "query", "sort", 0, "order", to="desc"),
        changed("query", "query", "sort", to=[]),
    ],
)
def test_meaning_matters(other: JsonObject) -> None:
    assert of(other) != of(PAYLOAD)


def test_another_api_is_another_export() -> None:
    assert of(PAYLOAD, api="emulator") != of(PAYLOAD)


def test_the_size_matters_only_where_it_truncates() -> None:
    larger = changed("export_size", to=2000)
    assert of(larger, rows=1000) == of(PAYLOAD, rows=1000)
    assert of(larger, rows=1500) != of(PAYLOAD, rows=1500)
    assert of(larger, rows=None) == of(PAYLOAD, rows=None)


leaves = st.fixed_dictionaries(
    {"field": st.sampled_from(["a", "b"]), "value": st.integers(0, 3)},
    optional={"predicate": st.sampled_from(["eq", "lte"])},
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda each: {"not": each}, inner),
        st.builds(lambda each: {"and": each}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda each: {"or": each}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


def matches(tree: JsonObject, row: dict[str, int]) -> bool:
    if "field" in tree:
        value = row[tree["field"]]
        return bool(value <= tree["value"] if tree.get("predicate") == "lte" else value == tree["value"])
    if "not" in tree:
        return not matches(tree["not"], row)
    junction = all if "and" in tree else any
    return junction(matches(each, row) for each in next(iter(tree.values())))


@given(trees)
def test_the_canonical_form_of_a_filter_selects_the_same_rows(tree: JsonObject) -> None:
    rows = [{"a": a, "b": b} for a in range(4) for b in range(4)]
    assert [matches(tree, row) for row in rows] == [matches(canonical(tree), row) for row in rows]


@given(trees, st.randoms())
def test_the_order_of_keys_does_not_matter(tree: JsonObject, chance: random.Random) -> None:
    assert of(changed("query", "query", "filters", to=shuffled(tree, chance))) == of(
        changed("query", "query", "filters", to=tree)
    )


def shuffled(value: JsonValue, chance: random.Random) -> JsonValue:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value
