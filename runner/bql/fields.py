"""Field names: what SEOs call them daily, and which collection a path belongs to."""

from __future__ import annotations

import re
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

_PERIOD = re.compile(r"(?:search_console\.)?(period_\d+)\.(.+)")


def qualify(path: str, collections: Sequence[str]) -> str:
    """The full id of a field: `depth` → `crawl.20250413.depth`, `search_console.period_0.ctr` stays as it is.

    A path belongs to the first collection unless it begins with the name of one of them.
    """
    path = ALIASES.get(path, path)
    for collection in collections:
        if path.startswith(f"{collection}."):
            return path
        family = collection.partition(".")[0]
        if path.startswith(f"{family}."):
            return f"{collection}.{path.removeprefix(f'{family}.')}"
    if collections[0] == "search_console":
        return _search_console(path)
    return f"{collections[0]}.{path}"


def _search_console(path: str) -> str:
    """Search Console's dimensions have no prefix, and its metrics that of a period (official samples, A4)."""
    period = _PERIOD.fullmatch(path)
    if period and period[2] in SEARCH_CONSOLE_METRICS:
        return f"search_console.{period[1]}.{period[2]}"
    if path in SEARCH_CONSOLE_METRICS:
        return f"search_console.period_0.{path}"
    return path


def is_search_console_metric(field_id: str) -> bool:
    """Whether a full id names one of Search Console's metrics."""
    period = _PERIOD.fullmatch(field_id)
    return bool(period and field_id.startswith("search_console.") and period[2] in SEARCH_CONSOLE_METRICS)


def slug(field_id: str, collections: Sequence[str]) -> str:
    """A field's name without its collection: `crawl.20250413.metadata.title.content` → `metadata.title.content`."""
    for collection in collections:
        if field_id.startswith(f"{collection}."):
            return field_id.removeprefix(f"{collection}.")
    return field_id
