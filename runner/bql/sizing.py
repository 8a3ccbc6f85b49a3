"""How many rows an export will have: the queries that count before anything is paid for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner.bql import filters
from runner.bql.columns import column_name, dimensions_and_metrics
from runner.bql.depth import DepthDistribution
from runner.bql.kinds import SEARCH_CONSOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.bql.asked import Asked
    from runner.jsonvalue import JsonObject, JsonValue

_PAGES = "count_urls_crawl"
# Columns with this in their path have one row a link (A3, Link-graph export).
_LINKS = ".graph."
WHOLE = frozenset({"integer", "long"})
NUMERIC = WHOLE | {"float", "double"}
# Numbers that most pages have and that differ from page to page (ids from botify-api.md, A5).
TELLING_NUMBERS = (
    "delay_last_byte",
    "byte_size",
    "internal_page_rank.value",
    "inlinks_internal.nb.unique",
    "outlinks_internal.nb.total",
    "metadata.title.len",
    "http_code",
)


def told_by_depth(asked: Asked) -> bool:
    """Whether the depth distribution counts an export's rows: one for each page, or in the link graph each link.

    Columns may bring more (the links of a page, its words in a search engine) or fewer (groups, without the address).
    """
    metric = asked.kind.sized_by
    if metric is None or asked.kind.older:
        # BQLv1 knows no groups: one row a page, whatever its fields.
        return metric is not None
    columns = [column_name(each)[0] for each in dimensions_and_metrics(asked)[0]]
    crawls = tuple(f"{each}." for each in asked.collections if each.startswith("crawl."))
    of_pages = asked.full_id("url") in columns and all(each.startswith(crawls) for each in columns)
    links = {each.partition(_LINKS)[0] for each in columns if _LINKS in each}
    counted = set() if metric == _PAGES else {asked.full_id(metric).partition(".nb.")[0]}
    return of_pages and links == counted


def depth_query(asked: Asked) -> JsonObject:
    """The depth distribution under the export's own filters, in the form that is known to work (SEED)."""
    depth = asked.full_id("depth")
    query: JsonObject = {
        "dimensions": [depth],
        "metrics": [sizing_metric(asked)],
        "sort": [{"field": depth, "order": "asc"}],
    }
    return _filtered(asked, query, asked.sizing_filters())


def addresses_query(asked: Asked, where: JsonObject | None) -> JsonObject:
    """The addresses of the export's own pages for which `where` holds."""
    query: JsonObject = {"dimensions": [asked.full_id("url")], "metrics": []}
    return _filtered(asked, query, filters.both(where, asked.sizing_filters()))


def measure_query(asked: Asked, where: JsonObject | None, metrics: Sequence[JsonValue]) -> JsonObject:
    """Metrics over the export's own rows for which `where` holds."""
    return _filtered(asked, {"dimensions": [], "metrics": list(metrics)}, filters.both(where, asked.sizing_filters()))


def _filtered(asked: Asked, query: JsonObject, where: JsonObject | None) -> JsonObject:
    if where:
        query["filters"] = where
    text = json.dumps(where)
    first, *others = asked.collections
    # Only what the filters read: a join that nothing needs makes a slow query of a quick one.
    read = [first, *(each for each in others if f'"{each}.' in text)]
    periods: JsonObject = {"periods": asked.periods()} if SEARCH_CONSOLE in read else {}
    return {"collections": read, **periods, "query": query}


def sizing_metric(asked: Asked) -> JsonObject:
    """What counts an export's rows, depth by depth; its pages, where only its own query counts the rows."""
    metric = asked.full_id(asked.kind.sized_by if asked.kind.sized_by and told_by_depth(asked) else _PAGES)
    if metric.endswith(".count_urls_crawl"):
        return {"field": metric}
    return {"function": "sum", "args": [metric]}


def distribution(rows: Iterable[tuple[JsonValue, JsonValue]]) -> DepthDistribution:
    """The distribution that (depth, count) pairs give; a null depth counts as none (clients guard against it, SEED)."""
    counts: dict[int, int] = {}
    without = 0
    for depth, count in rows:
        if isinstance(depth, int):
            counts[depth] = counts.get(depth, 0) + int(count or 0)
        else:
            without += int(count or 0)
    return DepthDistribution(tuple(sorted(counts.items())), without)
