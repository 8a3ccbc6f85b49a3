"""The generated crawls: how many URLs, what they look like, and that they are always the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.emulator.client import crawl_query

if TYPE_CHECKING:
    from tests.emulator.client import Api

CUMULATIVE = [
    *(10, 560, 28560, 303560, 1128560, 1788560, 2228560, 2503560, 2668560, 2778560, 2833560, 2877560, 2910560),
    *(2938560, 2960560, 2977560, 2988560, 2994560, 2997560, 2998660, 2999210),
]


def distribution(slug: str) -> Any:
    return {
        "collections": [f"crawl.{slug}"],
        "query": {
            "dimensions": [f"crawl.{slug}.depth"],
            "metrics": [{"field": f"crawl.{slug}.count_urls_crawl"}],
            "sort": [{"field": f"crawl.{slug}.depth", "order": "asc"}],
        },
    }


def counted(slug: str, metric: Any, filters: Any = None) -> Any:
    query = {"dimensions": [], "metrics": [metric]} | ({"filters": filters} if filters else {})
    return {"collections": [f"crawl.{slug}"], "query": query}


def within(slug: str, depth: int) -> Any:
    return {"field": f"crawl.{slug}.depth", "predicate": "lte", "value": depth}


def test_the_default_crawl_has_exactly_the_promised_depths(big: Api) -> None:
    rows = big.rows(distribution("20250413"))
    assert [depth for depth, _ in rows] == list(range(21))
    assert [sum(count for _, count in rows[: index + 1]) for index in range(21)] == CUMULATIVE


def test_the_depths_of_three_million_urls_are_counted_within_a_second(big: Api) -> None:
    big.rows(distribution("20250413"))
    start = time.monotonic()
    big.rows(distribution("20250413"))
    assert time.monotonic() - start < 1


def test_urls_without_a_depth_are_counted_and_those_never_fetched_are_not(small: Api) -> None:
    rows = small.rows(distribution("20240101"))
    assert rows == [[None, 20], [0, 1], [1, 12], [2, 90], [3, 150]]


def test_every_url_is_there_once(small: Api) -> None:
    urls = [row[0] for row in small.rows(crawl_query("20240101", "url"))]
    assert len(urls) == len(set(urls)) == 273


def test_pages_keep_their_address_from_crawl_to_crawl_and_some_come_and_go(small: Api) -> None:
    older = {row[0] for row in small.rows(crawl_query("20240101", "url"))}
    newer = {row[0] for row in small.rows(crawl_query("20240101-2", "url"))}
    assert older & newer
    assert older - newer
    assert newer - older


def test_titles_are_what_people_write(big: Api) -> None:
    titles = [row[1] for row in big.rows(crawl_query("20250413", "url", "metadata.title.content"), size=2000)]
    assert None in titles
    text = "".join(title for title in titles if title)
    assert all(mark in text for mark in (",", '"', "\n", "é"))
    assert any(ord(letter) > 0x400 for letter in text)


def test_headings_are_lists_of_none_one_or_more(small: Api) -> None:
    headings = [row[1] for row in small.rows(crawl_query("20240101", "url", "metadata.h1.contents"))]
    assert {None if found is None else len(found) for found in headings} == {None, 0, 1, 2, 3}


def test_redirects_lead_somewhere_and_nothing_else_does(small: Api) -> None:
    rows = small.rows(crawl_query("20240101", "url", "http_code", "redirect.to.url"))
    codes = {code for _, code, _ in rows}
    assert {200, 301, 404} <= codes
    assert 0 not in codes
    assert all((target is not None) == (code in (301, 302)) for _, code, target in rows)


def test_the_link_graph_has_as_many_edges_as_the_pages_say(small: Api) -> None:
    total = {"function": "sum", "args": ["crawl.20240101.outlinks_internal.nb.total"]}
    graph = crawl_query("20240101", "url", "outlinks_internal.graph.url", filters=within("20240101", 2))
    said = small.rows(counted("20240101", total, within("20240101", 2)))[0][0]
    edges = small.rows(graph, size=2000)
    assert len(edges) == said > 100
    assert len({tuple(edge) for edge in edges}) == said, "no edge comes twice"
    assert all(source != target for source, target in edges)


def test_the_link_graph_of_the_default_crawl_agrees_too(big: Api) -> None:
    total = {"function": "sum", "args": ["crawl.20250413.outlinks_internal.nb.total"]}
    graph = crawl_query("20250413", "url", "outlinks_internal.graph.url", filters=within("20250413", 2))
    said = big.rows(counted("20250413", total, within("20250413", 2)))[0][0]
    assert big.ask(graph, size=1, count="").json()["count"] == said


def test_a_segment_of_the_config_can_be_asked_for(small: Api) -> None:
    rows = small.rows(crawl_query("20240101", "segments.brand.value"))
    assert {row[0] for row in rows} == {"acme", "acme/garden", "zenith"}
