"""Crawls joined with the search console, against a join by hand of what each of them says alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.client import crawl_query

if TYPE_CHECKING:
    from tests.emulator.client import Api

SLUG = "20240101"
C, S = f"crawl.{SLUG}.", "search_console.period_0."
PERIOD = ["2023-12-28", "2024-01-02"]
GRAINS = ((), ("keyword",), ("keyword", "device"), ("country",), ("period_0.date",), ("period_0.date", "keyword"))
COUNTS = ("count_impressions", "count_clicks")


def all_pages(api: Api, body: Any) -> list[list[Any]]:
    found: list[list[Any]] = []
    page = 1
    while rows := api.rows(body, size=2000, page=page):
        found += rows
        page += 1
    return found


def console(*dimensions: str, **query: Any) -> Any:
    metrics = [S + name for name in COUNTS]
    return {
        "collections": ["search_console"],
        "periods": [PERIOD],
        "query": {"dimensions": list(dimensions), "metrics": metrics, **query},
    }


def joined(*dimensions: str, **query: Any) -> Any:
    return console(*dimensions, **query) | {"collections": [f"crawl.{SLUG}", "search_console"]}


def totals(rows: list[list[Any]], keys: int) -> dict[tuple[Any, ...], tuple[int, int]]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for index in (0, 1):
            found[tuple(row[:keys])][index] += row[keys + index]
    return {key: (shown, clicked) for key, (shown, clicked) in found.items()}


@pytest.mark.parametrize("grain", GRAINS, ids="-".join)
def test_the_console_adds_up_at_every_grain(small: Api, grain: tuple[str, ...]) -> None:
    finest = all_pages(small, console("url", "keyword", "country", "device", "period_0.date"))
    places = {"url": 0, "keyword": 1, "country": 2, "device": 3, "period_0.date": 4}
    wanted = ("url", *grain)
    by_hand = totals([[*(row[places[name]] for name in wanted), *row[5:]] for row in finest], len(wanted))
    assert totals(all_pages(small, console(*wanted)), len(wanted)) == by_hand


@pytest.mark.parametrize("grain", GRAINS, ids="-".join)
def test_a_join_is_a_join_at_every_grain(small: Api, grain: tuple[str, ...]) -> None:
    depths = dict(small.rows(crawl_query(SLUG, "url", "depth"), size=2000))
    alone = all_pages(small, console("url", *grain))
    answered = all_pages(small, joined("url", C + "depth", *grain))
    matched = [[row[0], depths.get(row[0]), *row[1:]] for row in alone]
    searched = {row[0] for row in alone}
    lonely = [[url, depth, *[None] * len(grain), 0, 0] for url, depth in depths.items() if url not in searched]
    # A row that has no day, country or device has no place in a table of them.
    dropped = {"period_0.date", "country", "device"} & set(grain)
    assert sorted(map(repr, answered)) == sorted(map(repr, matched + ([] if dropped else lonely)))


def test_a_crawl_field_filters_the_pages_of_a_join(small: Api) -> None:
    shallow = {"field": C + "depth", "predicate": "lte", "value": 2}
    depths = dict(small.rows(crawl_query(SLUG, "url", "depth"), size=2000))
    whole = all_pages(small, joined("url", C + "depth"))
    filtered = all_pages(small, joined("url", C + "depth", filters=shallow))
    assert sorted(filtered) == sorted(row for row in whole if row[1] is not None and row[1] <= 2)
    assert {row[0] for row in filtered} == {url for url, depth in depths.items() if depth is not None and depth <= 2}


def test_a_crawl_field_groups_what_the_console_counts(small: Api) -> None:
    by_page = all_pages(small, joined("url", C + "depth"))
    by_depth = totals([row[1:] for row in by_page], 1)
    assert totals(all_pages(small, joined(C + "depth")), 1) == by_depth


def test_a_filter_on_what_the_console_counts_holds_after_counting(small: Api) -> None:
    busy = {"field": S + "count_impressions", "predicate": "gt", "value": 100}
    whole = all_pages(small, joined("url"))
    assert all_pages(small, joined("url", filters=busy)) == [row for row in whole if row[1] > 100]
    both = {"and": [busy, {"field": C + "depth", "predicate": "gte", "value": 2}]}
    depths = dict(small.rows(crawl_query(SLUG, "url", "depth"), size=2000))
    kept = [row for row in whole if row[1] > 100 and (depths.get(row[0]) or 0) >= 2]
    assert all_pages(small, joined("url", filters=both)) == kept


def test_three_collections_join_as_two_do(small: Api) -> None:
    other = "crawl.20240101-2."
    body = joined("url", C + "depth", other + "depth")
    body["collections"].append("crawl.20240101-2")
    mine = dict(small.rows(crawl_query(SLUG, "url", "depth"), size=2000))
    theirs = dict(small.rows(crawl_query("20240101-2", "url", "depth"), size=2000))
    counts = {row[0]: tuple(row[1:]) for row in all_pages(small, console("url"))}
    answered = {row[0]: tuple(row[1:]) for row in all_pages(small, body)}
    pages = {*mine, *theirs, *counts}
    assert answered == {url: (mine.get(url), theirs.get(url), *counts.get(url, (0, 0))) for url in pages}


def test_two_periods_at_the_grain_of_keywords_meet_on_the_keyword(small: Api) -> None:
    body = console("url", "keyword")
    body["periods"].append(["2024-01-03", "2024-01-08"])
    body["query"]["metrics"] = [f"search_console.period_{index}.count_clicks" for index in (0, 1)]
    alone = []
    for period in body["periods"]:
        one = console("url", "keyword") | {"periods": [period]}
        alone.append({tuple(row[:2]): row[3] for row in all_pages(small, one)})
    answered = {tuple(row[:2]): tuple(row[2:]) for row in all_pages(small, body)}
    pages = {*alone[0], *alone[1]}
    assert answered == {page: (alone[0].get(page, 0), alone[1].get(page, 0)) for page in pages}
