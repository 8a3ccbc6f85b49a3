"""The kinds of data that an export can ask for: one row a template, read by everything that differs between them."""

from __future__ import annotations

from dataclasses import dataclass

SEARCH_CONSOLE = "search_console"


@dataclass(frozen=True, slots=True)
class Kind:
    """What sets a template's data apart.

    `sized_by` is the metric whose sum, depth by depth, is the number of rows; None where depth does not tell.
    `moves` marks data that still grows after the crawl: what is exported today may be incomplete.
    """

    crawl: bool = True
    search_console: bool = False
    sized_by: str | None = "count_urls_crawl"
    always_depth: bool = True
    default_fields: tuple[str, ...] = ()
    default_metrics: tuple[str, ...] = ()
    credits_per_row: float = 1
    moves: bool = False

    def collections(self, analysis: str) -> tuple[str, ...]:
        """The collections that a query of this kind reads, the one that unprefixed fields belong to first."""
        crawl = (f"crawl.{analysis}",) if self.crawl else ()
        return crawl + ((SEARCH_CONSOLE,) if self.search_console else ())


# 0.1 credit a row of the link graph, 1 for all others (botify-api.md, Limits). One row an edge, counted by outlinks.
KINDS: dict[str, Kind] = {
    "crawl_urls": Kind(),
    "link_graph": Kind(
        sized_by="outlinks_internal.nb.total",
        default_fields=("url", "outlinks_internal.graph.url"),
        credits_per_row=0.1,
    ),
    "search_console": Kind(
        crawl=False,
        search_console=True,
        sized_by=None,
        always_depth=False,
        default_fields=("url",),
        default_metrics=("count_impressions", "count_clicks", "ctr", "avg_position"),
        moves=True,
    ),
    "crawl_with_search_console": Kind(
        search_console=True,
        default_fields=("url", "depth"),
        default_metrics=("search_console.period_0.count_impressions", "search_console.period_0.count_clicks"),
        moves=True,
    ),
    "aggregate": Kind(sized_by=None, always_depth=False, default_metrics=("count_urls_crawl",)),
}

# A template of one's own reads what it likes; it is taken for crawl data, sized by URLs.
_OWN = Kind()


def kind_of(template: str) -> Kind:
    """The kind of a template, by its name or path."""
    return KINDS.get(template, _OWN)
