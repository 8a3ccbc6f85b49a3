"""What is wrong with the fields of a query, told from the fields that its collections have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.bql.fieldcheck import field_mistakes, fields_named
from runner.bql.request import Request

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue

CRAWL = "crawl.20250413"
KNOWN = {
    CRAWL: {"url": False, "depth": False, "metadata.title.content": False, "metadata.h1.contents": True},
    "search_console": {"count_clicks": False, "country": False},
}


def asked(dimensions: list[JsonValue], **rest: JsonValue) -> Request:
    query: JsonObject = {"collections": list(KNOWN), "query": {"dimensions": dimensions, "metrics": [], **rest}}
    columns = tuple((each, None) for each in dimensions if isinstance(each, str))
    return Request({"query": query}, columns, tuple(KNOWN))


def test_what_is_there_is_no_mistake() -> None:
    columns = [f"{CRAWL}.url", f"{CRAWL}.metadata.h1.contents", "segments.pagetype.value", "country"]
    where: JsonObject = {"and": [{"field": f"{CRAWL}.depth", "value": 1}, {"not": {"field": f"{CRAWL}.url"}}]}
    metrics: list[JsonValue] = [{"function": "sum", "args": ["search_console.period_0.count_clicks"]}]
    assert field_mistakes(asked(columns, filters=where, metrics=metrics, sort=[0]), KNOWN) == []


@pytest.mark.parametrize(
    "query",
    [
        {"dimensions": [f"{CRAWL}.metadata.titel.content"]},
        {"dimensions": [], "metrics": [{"field": f"{CRAWL}.metadata.titel.content", "name": "Title"}]},
        {"dimensions": [], "metrics": [{"avg": f"{CRAWL}.metadata.titel.content"}]},
        {"dimensions": [{"function": "first", "args": [f"{CRAWL}.metadata.titel.content"]}]},
        {"dimensions": [], "filters": {"or": [{"not": {"field": f"{CRAWL}.metadata.titel.content"}}]}},
        {"dimensions": [], "sort": [{"field": f"{CRAWL}.metadata.titel.content", "order": "asc"}]},
    ],
)
def test_a_misspelt_field_is_found_wherever_it_stands(query: JsonObject) -> None:
    [said] = field_mistakes(asked(query.pop("dimensions"), **query), KNOWN)
    told = f"unknown field metadata.titel.content: {CRAWL} has none of that name; did you mean metadata.title.content"
    assert said.startswith(told)


def test_a_list_needs_the_url_beside_it() -> None:
    [said] = field_mistakes(asked([f"{CRAWL}.metadata.h1.contents"]), KNOWN)
    assert said.startswith("metadata.h1.contents holds lists, and needs `url` among the fields")
    assert field_mistakes(asked([f"{CRAWL}.metadata.h1.contents[0]"]), KNOWN) == []


def test_what_could_not_be_read_is_not_judged() -> None:
    assert field_mistakes(asked([f"{CRAWL}.nonsense"]), {}) == []


def test_the_older_grammar_is_read_too() -> None:
    query: JsonObject = {"fields": ["url", "h7"], "filters": {"field": "depth"}, "sort": [{"http": {"order": "asc"}}]}
    assert list(fields_named(query)) == ["url", "h7", "depth", "http"]
    older = Request({"query": query}, ((f"{CRAWL}.url", None), (f"{CRAWL}.h7", None)), (CRAWL,), "urls/export")
    assert [each.partition(":")[0] for each in field_mistakes(older, KNOWN)] == [
        "unknown field h7",
        "unknown field http",
    ]
