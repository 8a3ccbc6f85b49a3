"""Which fields each collection has. A request names fields; only what is found here becomes SQL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from runner.emulator.data.crawl import EDGE
from runner.emulator.data.field import Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.emulator.data.field import Type

_CRAWL: Mapping[Type, Sequence[str]] = {
    "string": (
        *("url", "protocol", "host", "path", "content_type", "redirect.to.url", "metadata.title.content"),
        *("metadata.title.quality", "metadata.description.content", "compliant.main_reason"),
        *("compliant.detailed_reason", EDGE),
    ),
    "tree": (
        *("segments.pagetype.value", "segments.pagetype.depth_1", "segments.section.value", "segments.section.depth_1"),
        "metadata.structured.breadcrumb.tree",
    ),
    "integer": (
        *("depth", "http_code", "byte_size", "delay_last_byte", "metadata.title.len", "metadata.title.nb"),
        *("metadata.description.len", "metadata.h1.nb", "inlinks_internal.nb.unique", "inlinks_internal.nb.total"),
        *("outlinks_internal.nb.total", "outlinks_internal.nb.unique", "search_engines.google.crawls.count"),
    ),
    "double": ("internal_page_rank.value",),
    "datetime": ("date_crawled",),
    "boolean": (
        *("canonical.to.equal", "sitemaps.present", "js.rendering.exec", "js.rendering.ok", "indexable.is_indexable"),
        *("compliant.is_compliant", "scoring.issues.title_len"),
    ),
}
_LISTS = ("metadata.h1.contents", "metadata.h2.contents")
_SERIES = "search_engines.google.crawls.by_day"
_GLOBAL = ("url", "protocol", "host", "path")
SHARED = ("keyword", "country", "device")


@cache
def crawl_fields(segments: tuple[str, ...]) -> Mapping[str, Field]:
    """The fields of a crawl collection, with the segments that the project's config adds."""
    plain = [Field(name, kind, _column(name)) for kind, names in _CRAWL.items() for name in names]
    own = [Field(f"segments.{name}.value", "tree", _column(f"segments.{name}.value")) for name in segments]
    lists = [Field(name, "string", _column(name), multiple=True) for name in _LISTS]
    series = Field(_SERIES, "timeseries", _column(_SERIES), multiple=True)
    count = Field("count_urls_crawl", "long", "count({id})", "metric", label="No. of URLs")
    return {field.id: field for field in (*plain, *own, *lists, series, count)}


def global_fields(segments: tuple[str, ...]) -> Mapping[str, Field]:
    """What is known of a URL whatever the collection: its parts and its segments."""
    fields = crawl_fields(segments)
    return {name: field for name, field in fields.items() if name in _GLOBAL or name.startswith("segments.")}


@cache
def search_console_fields() -> Mapping[str, Field]:
    """The fields of the search console, by day."""
    clicks, shown = "coalesce(sum({clicks}), 0)", "coalesce(sum({impressions}), 0)"
    metrics = (
        Field("count_clicks", "long", f"CAST({clicks} AS BIGINT)", "metric"),
        Field("count_impressions", "long", f"CAST({shown} AS BIGINT)", "metric"),
        Field("ctr", "double", f"round(100.0 * {clicks} / nullif({shown}, 0), 4)", "metric"),
        Field("avg_position", "double", "round(sum({weighted}) / nullif(sum({impressions}), 0), 4)", "metric"),
    )
    return {field.id: field for field in (*_dated(SHARED), *metrics)}


@cache
def log_fields() -> Mapping[str, Field]:
    """The fields of the web logs, by day."""
    names = ("crawls.google.count", "crawls.bing.count", "visits.organic.google.count")
    sums = ("google", "bing", "visits")
    metrics = [
        Field(name, "long", f"CAST(coalesce(sum({{{column}}}), 0) AS BIGINT)", "metric")
        for name, column in zip(names, sums, strict=True)
    ]
    return {field.id: field for field in (*_dated(()), *metrics)}


def _dated(strings: Sequence[str]) -> list[Field]:
    plain = [Field(name, "string", _column(name)) for name in strings]
    return [Field("url", "string", _column("url")), Field("date", "date", _column("date")), *plain]


def _column(name: str) -> str:
    return '{s}."' + name + '"'
