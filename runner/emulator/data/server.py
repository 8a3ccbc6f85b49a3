"""What the server answers and what search engines make of it: codes, sizes, redirects, links, indexability."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.emulator.world import Crawl


def http_code(crawl: Crawl, number: str) -> str:
    """Mostly 200; 0 for URLs that were never fetched."""
    share = f"{number} % 1000"
    return (
        f"CASE WHEN id >= {crawl.crawled} THEN 0 WHEN depth = 0 OR {share} < 880 THEN 200 WHEN {share} < 935 THEN 301"
        f" WHEN {share} < 950 THEN 302 WHEN {share} < 985 THEN 404 WHEN {share} < 990 THEN 410"
        f" WHEN {share} < 996 THEN 500 ELSE 503 END"
    )


def server_columns(crawl: Crawl, host: str, number: Callable[[int], str]) -> dict[str, str]:
    """What crawling the page gave."""
    started = f"TIMESTAMP '{_day(crawl.slug)} 06:00:00'"
    target = f"url_of({host}, {crawl.shift} + {number(41)} % {max(crawl.known, 1)})"
    links = f"CASE WHEN http_code = 200 THEN least({max(crawl.known - 1, 0)}, 1 + {number(42)} % 9) ELSE 0 END"
    inlinks = f"CASE WHEN depth = 0 THEN 1000 ELSE 1 + {number(43)} % 40 END"
    return {
        "byte_size": f"CASE WHEN http_code = 200 THEN 2000 + {number(44)} % 150000 ELSE {number(44)} % 900 END",
        "delay_last_byte": f"30 + {number(45)} % 2500",
        "date_crawled": f"{started} + to_seconds(CAST(id // 50 AS BIGINT))",
        "content_type": f"CASE WHEN {number(46)} % 30 = 0 THEN 'application/pdf' ELSE 'text/html' END",
        "redirect.to.url": f"CASE WHEN http_code IN (301, 302) THEN {target} ELSE NULL END",
        "outlinks_internal.nb.total": f"CAST({links} AS BIGINT)",
        "inlinks_internal.nb.unique": f"CAST({inlinks} AS BIGINT)",
        "inlinks_internal.nb.total": f"CAST({inlinks} + {number(47)} % 5 AS BIGINT)",
        "internal_page_rank.value": f"round(10.0 / (1 + coalesce(depth, 20)) + ({number(48)} % 100) / 100.0, 2)",
        "sitemaps.present": f"{number(49)} % 3 > 0",
        "search_engines.google.crawls.by_day": _week(number),
        "search_engines.google.crawls.count": f"CASE WHEN {number(50)} % 4 = 0 THEN 0 ELSE {number(51)} % 60 END",
    }


def verdict_columns(number: Callable[[int], str]) -> dict[str, str]:
    """What follows from that: rendering, canonicals, compliance."""
    html = "http_code = 200 AND content_type = 'text/html'"
    canonical = f"CASE WHEN NOT ({html}) OR {number(61)} % 10 = 0 THEN NULL ELSE {number(61)} % 10 < 9 END"
    noindex = f"{number(62)} % 20 = 0"
    fine = f"{html} AND coalesce({canonical}, TRUE) AND NOT ({noindex})"
    return {
        "canonical.to.equal": canonical,
        "outlinks_internal.nb.unique": '"outlinks_internal.nb.total"',
        "js.rendering.exec": html,
        "js.rendering.ok": f"CASE WHEN {html} THEN {number(63)} % 50 > 0 ELSE NULL END",
        "indexable.is_indexable": fine,
        "compliant.is_compliant": fine,
        "compliant.main_reason": (
            f"CASE WHEN {fine} THEN NULL WHEN http_code <> 200 THEN 'http_code' WHEN content_type <> 'text/html'"
            f" THEN 'content_type' WHEN {noindex} THEN 'noindex' ELSE 'canonical' END"
        ),
        "compliant.detailed_reason": (
            f"CASE WHEN {fine} THEN NULL WHEN http_code <> 200 THEN 'http_code.' || CAST(http_code AS VARCHAR)"
            f" WHEN content_type <> 'text/html' THEN 'content_type.' || content_type"
            f" WHEN {noindex} THEN 'noindex.meta' ELSE 'canonical.to_other' END"
        ),
    }


def _week(number: Callable[[int], str]) -> str:
    """A number for each of seven days; a page that the search engine never met has no list."""
    days = ", ".join(f"{number(day)} % 4" for day in range(71, 78))
    return f"CASE WHEN {number(70)} % 4 = 0 THEN NULL ELSE [{days}] END"


def _day(slug: str) -> str:
    return f"{slug[:4]}-{slug[4:6]}-{slug[6:8]}"
