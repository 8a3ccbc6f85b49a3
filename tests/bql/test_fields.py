"""Which collection a path belongs to, and how a field is called without it."""

from __future__ import annotations

import pytest

from runner.bql.fields import ALIASES, PLAIN_FIELDS, qualify, slug

CRAWL = ("crawl.20250413",)
COMPARED = ("crawl.20250413", "crawl.20250330")
JOINED = ("crawl.20240101-2", "search_console")


@pytest.mark.parametrize(
    ("path", "collections", "full_id"),
    [
        ("depth", CRAWL, "crawl.20250413.depth"),
        ("title", CRAWL, "crawl.20250413.metadata.title.content"),
        ("meta_description", CRAWL, "crawl.20250413.metadata.description.content"),
        ("h1", CRAWL, "crawl.20250413.metadata.h1.contents"),
        ("metadata.h1.contents[0]", CRAWL, "crawl.20250413.metadata.h1.contents[0]"),
        ("h1[0]", CRAWL, "crawl.20250413.metadata.h1.contents[0]"),
        ("crawl.depth", CRAWL, "crawl.20250413.depth"),
        ("crawl.title", COMPARED, "crawl.20250413.metadata.title.content"),
        ("comparison.title", COMPARED, "crawl.20250330.metadata.title.content"),
        ("crawl.20250330.depth", COMPARED, "crawl.20250330.depth"),
        ("crawls.google.count", ("logs",), "logs.crawls.google.count"),
        ("crawl.20250413.depth", CRAWL, "crawl.20250413.depth"),
        ("depth", JOINED, "crawl.20240101-2.depth"),
        ("search_console.period_0.ctr", JOINED, "search_console.period_0.ctr"),
        ("url", ("search_console",), "url"),
        ("keyword", ("search_console",), "keyword"),
        ("period_0.date", ("search_console",), "period_0.date"),
        ("count_clicks", ("search_console",), "search_console.period_0.count_clicks"),
        ("period_1.ctr", ("search_console",), "search_console.period_1.ctr"),
    ],
)
def test_a_path_belongs_to_the_first_collection_unless_it_names_another(
    path: str, collections: tuple[str, ...], full_id: str
) -> None:
    assert qualify(path, collections) == full_id


def test_a_slug_is_the_id_without_its_collection() -> None:
    assert slug("crawl.20240101-2.metadata.title.content", JOINED) == "metadata.title.content"
    assert slug("keyword", JOINED) == "keyword"
    assert slug("crawl.20250413.depth", COMPARED) == "depth"
    assert slug("crawl.20250330.depth", COMPARED) == "comparison.depth"


def test_an_alias_never_hides_a_field_of_the_same_name() -> None:
    assert all(ALIASES[name] == name for name in set(ALIASES) & PLAIN_FIELDS)
