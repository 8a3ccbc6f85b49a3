"""Field names: what SEOs call them daily, and which collection a path belongs to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Short names for the fields that are asked for daily; ids from botify-api.md A5.
ALIASES: dict[str, str] = {
    "url": "url",
    "depth": "depth",
    "http_code": "http_code",
    "status": "http_code",
    "title": "metadata.title.content",
    "title_length": "metadata.title.len",
    "meta_description": "metadata.description.content",
    "h1": "metadata.h1.contents",
    "h2": "metadata.h2.contents",
    "breadcrumb": "metadata.structured.breadcrumb.tree",
    "pagetype": "segments.pagetype.value",
    "compliant": "compliant.is_compliant",
    "non_compliant_reason": "compliant.main_reason",
    "indexable": "indexable.is_indexable",
    "canonical_to_self": "canonical.to.equal",
    "in_sitemap": "sitemaps.present",
    "inlinks": "inlinks_internal.nb.unique",
    "outlinks": "outlinks_internal.nb.total",
    "pagerank": "internal_page_rank.value",
    "load_time": "delay_last_byte",
    "page_size": "byte_size",
}

# Fields whose own ids hold no dot. A dotless name that is neither here nor an alias is taken for a slip.
PLAIN_FIELDS: frozenset[str] = frozenset(
    (
        "url depth http_code byte_size delay_first_byte delay_last_byte date_crawled content_type content_types lang "
        "host protocol path query_string country device keyword date id gzipped count_urls_crawl count_impressions "
        "count_clicks ctr avg_position count_missed_clicks"
    ).split()
)

# Of Search Console's fields, those that are measured over a period; all others are dimensions (A4).
SEARCH_CONSOLE_METRICS = frozenset({"count_impressions", "count_clicks", "ctr", "avg_position", "count_missed_clicks"})
SEARCH_CONSOLE_DIMENSIONS = frozenset({"keyword", "country", "device"})

# What a spec calls the crawl that another is compared with.
COMPARISON = "comparison"
_PERIOD = re.compile(r"(period_\d+)\.(.+)")


@lru_cache(maxsize=65_536)
def qualify(path: str, collections: tuple[str, ...]) -> str:
    """The full id of a field: `depth` → `crawl.20250413.depth`, `search_console.period_0.ctr` stays as it is.

    A path belongs to the first collection unless it begins with the name of one of them. Of two crawls, the second is
    named `comparison`.
    """
    path = _long_name(path)
    for collection in collections:
        if path.startswith(f"{collection}."):
            return _search_console(path) if collection == "search_console" else path
    for collection in collections:
        name = _short_name(collection, collections)
        if path.startswith(f"{name}."):
            rest = path.removeprefix(f"{name}.")
            return f"{collection}.{_long_name(rest)}"
    if collections[0] == "search_console":
        return _search_console(path)
    return f"{collections[0]}.{path}"


def _long_name(path: str) -> str:
    """A short name's field, and the place in a list that was asked for: `h1[0]` → `metadata.h1.contents[0]`."""
    name, bracket, place = path.partition("[")
    return f"{ALIASES.get(name, name)}{bracket}{place}"


def _search_console(path: str) -> str:
    """Search Console's dimensions have no prefix, and its metrics that of a period (official samples, A4)."""
    name = path.removeprefix("search_console.")
    period = _PERIOD.fullmatch(name)
    if period and period[2] in SEARCH_CONSOLE_METRICS:
        return f"search_console.{name}"
    if name in SEARCH_CONSOLE_METRICS:
        return f"search_console.period_0.{name}"
    return name if name in SEARCH_CONSOLE_DIMENSIONS or (period and period[2] == "date") else path


def is_search_console_metric(field_id: str) -> bool:
    """Whether a full id names one of Search Console's metrics."""
    period = _PERIOD.fullmatch(field_id.removeprefix("search_console."))
    return bool(period and field_id.startswith("search_console.") and period[2] in SEARCH_CONSOLE_METRICS)


def slug(field_id: str, collections: Sequence[str]) -> str:
    """A field's name without its collection: `crawl.20250413.metadata.title.content` → `metadata.title.content`.

    Of a second crawl it is `comparison.metadata.title.content`: the same field of the first is another column.
    """
    for collection in collections:
        if field_id.startswith(f"{collection}."):
            name = field_id.removeprefix(f"{collection}.")
            return f"{COMPARISON}.{name}" if _short_name(collection, collections) == COMPARISON else name
    return field_id


def _short_name(collection: str, collections: Sequence[str]) -> str:
    """What a spec calls a collection: `crawl`, `comparison` for a second crawl, `search_console`."""
    family = collection.partition(".")[0]
    first = next(each for each in collections if each.partition(".")[0] == family)
    return family if collection == first else COMPARISON
