"""The kinds of data that an export can ask for: one row for each built-in template, with all that sets it apart."""

from __future__ import annotations

from dataclasses import dataclass

SEARCH_CONSOLE = "search_console"
LOGS = "logs"
# The kinds of job: the usual one, that of the web logs, and the older API's export, which has an address of its own.
EXPORT = "export"
LOGS_EXPORT = "logs_urls_export"
OLDER_EXPORT = "urls/export"


@dataclass(frozen=True, slots=True)
class Kind:
    """What sets a template's data apart.

    `sized_by` is the metric whose sum, depth by depth, is the number of rows; None where depth does not tell.
    `comparison` reads a second crawl beside the first. `job_type` is what the API calls the job.
    `most_rows` is all that one takes, whatever the account may.
    """

    crawl: bool = True
    search_console: bool = False
    comparison: bool = False
    sized_by: str | None = "count_urls_crawl"
    always_depth: bool = True
    default_fields: tuple[str, ...] = ()
    default_metrics: tuple[str, ...] = ()
    credits_per_row: float = 1
    job_type: str = EXPORT
    most_rows: int | None = None

    @property
    def older(self) -> bool:
        """Whether it is asked for in BQLv1: fields of one collection, without its name."""
        return self.job_type != EXPORT

    def collections(self, analysis: str, comparison: str | None = None) -> tuple[str, ...]:
        """The collections that a query of this kind reads, the one that unprefixed fields belong to first."""
        crawl = (f"crawl.{analysis}",) if self.crawl else ()
        other = (f"crawl.{comparison}",) if self.comparison else ()
        search = (SEARCH_CONSOLE,) if self.search_console else ()
        return crawl + other + search or (LOGS,)


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
    ),
    "crawl_with_search_console": Kind(
        search_console=True,
        default_fields=("url", "depth"),
        default_metrics=("search_console.period_0.count_impressions", "search_console.period_0.count_clicks"),
    ),
    "crawl_comparison": Kind(
        comparison=True,
        default_fields=("url", "depth", "comparison.depth", "http_code", "comparison.http_code"),
    ),
    "aggregate": Kind(sized_by=None, always_depth=False, default_metrics=("count_urls_crawl",)),
    "web_logs": Kind(
        crawl=False,
        sized_by=None,
        always_depth=False,
        default_fields=("url", "crawls.google.count"),
        job_type=LOGS_EXPORT,
    ),
    # 100,000 rows by default (botify-api.md, Limits).
    "legacy_urls": Kind(job_type=OLDER_EXPORT, most_rows=100_000),
}

# A template of one's own reads what it likes: it is taken for crawl data, and only its own query tells its rows.
_OWN = Kind(sized_by=None)


def kind_of(template: str) -> Kind:
    """The kind of a template, by its name or path."""
    return KINDS.get(template, _OWN)
