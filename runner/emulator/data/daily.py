"""Data by the day: the search console and the web logs, as relations over days times rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.data import words
from runner.emulator.data.address import address_columns
from runner.emulator.data.macros import chosen
from runner.emulator.data.relation import Relation
from runner.emulator.sqltext import select

if TYPE_CHECKING:
    from runner.emulator.world import Daily, Project

# Some pages that searchers find were never crawled: their keys lie beyond those of every crawl.
_UNKNOWN_PAGES = 500


def search_console_relation(project: Project, daily: Daily) -> Relation:
    """Impressions, clicks and positions by day, page, keyword, country and device."""
    lines = {
        "keyword": chosen(words.KEYWORDS, "mix(line, 52)"),
        "country": chosen(words.COUNTRIES, "mix(line, 53)"),
        "device": chosen(words.DEVICES, "mix(line, 54)"),
        "impressions": "1 + mix(id, 55) % 80",
        "place": "1 + mix(id, 56) % 300",
    }
    sums = {"clicks": "impressions * (mix(id, 57) % 40) // 100", "weighted": "impressions * place / 10.0"}
    return _relation(project, daily, lines, sums)


def logs_relation(project: Project, daily: Daily) -> Relation:
    """What bots and visitors fetched, by day and page."""
    counts = {
        "google": "1 + mix(id, 61) % 12",
        "bing": "mix(id, 62) % 4",
        "visits": "greatest(0, mix(id, 63) % 30 - 20)",
    }
    return _relation(project, daily, counts)


def _relation(project: Project, daily: Daily, *layers: dict[str, str]) -> Relation:
    numbers = [f"range // {daily.rows_per_day} AS day", f"range % {daily.rows_per_day} AS line", "range AS id"]
    date = {"date": f"DATE '{daily.start.isoformat()}' + CAST(day AS INTEGER)"}
    base = select(numbers, f"range({daily.days * daily.rows_per_day})")
    columns = ({"key": _key(project)} | date, address_columns(project), *layers)
    return Relation(base, columns, length=daily.days * daily.rows_per_day)


def _key(project: Project) -> str:
    """Pages near the top are found more often: the share is squared."""
    known = f"CAST(floor(power(mix(line, 51) / 268435456.0, 2) * {project.keys}) AS BIGINT)"
    return f"CASE WHEN mix(line, 50) % 20 = 0 THEN {project.keys} + mix(line, 51) % {_UNKNOWN_PAGES} ELSE {known} END"
