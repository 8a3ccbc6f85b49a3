"""Data by the day: the search console and the web logs, as views over days times rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.data import words
from runner.emulator.data.address import address_columns
from runner.emulator.data.macros import chosen
from runner.emulator.sqltext import nested, select, view

if TYPE_CHECKING:
    from runner.emulator.world import Daily, Project

# Some pages that searchers find were never crawled: their keys lie beyond those of every crawl.
_UNKNOWN_PAGES = 500


def search_console_view(name: str, project: Project, daily: Daily) -> str:
    """Impressions, clicks and positions by day, page, keyword, country and device."""
    rows = _rows(
        project,
        daily,
        keyword=chosen(words.KEYWORDS, "mix(line, 52)"),
        country=chosen(words.COUNTRIES, "mix(line, 53)"),
        device=chosen(words.DEVICES, "mix(line, 54)"),
        impressions="1 + mix(id, 55) % 80",
        place="1 + mix(id, 56) % 300",
    )
    counted = {"clicks": "impressions * (mix(id, 57) % 40) // 100", "weighted": "impressions * place / 10.0"}
    columns = ["*", *(f"{sql} AS {column}" for column, sql in counted.items())]
    return view(name, select(columns, nested(rows)))


def logs_view(name: str, project: Project, daily: Daily) -> str:
    """What bots and visitors fetched, by day and page."""
    return view(
        name,
        _rows(
            project,
            daily,
            google="1 + mix(id, 61) % 12",
            bing="mix(id, 62) % 4",
            visits="greatest(0, mix(id, 63) % 30 - 20)",
        ),
    )


def _rows(project: Project, daily: Daily, **columns: str) -> str:
    numbered = select(
        [f"range // {daily.rows_per_day} AS day", f"range % {daily.rows_per_day} AS line", "range AS id"],
        f"range({daily.days * daily.rows_per_day})",
    )
    placed = select(["*", f"{_key(project)} AS key"], nested(numbered))
    first = f"DATE '{daily.start.isoformat()}' + CAST(day AS INTEGER)"
    address = [f'{sql} AS "{name}"' for name, sql in address_columns(project).items()]
    own = [f"{sql} AS {name}" for name, sql in columns.items()]
    return select(["id", "key", f"{first} AS date", *address, *own], nested(placed))


def _key(project: Project) -> str:
    """Pages near the top are found more often: the share is squared."""
    known = f"CAST(floor(power(mix(line, 51) / 268435456.0, 2) * {project.keys}) AS BIGINT)"
    return f"CASE WHEN mix(line, 50) % 20 = 0 THEN {project.keys} + mix(line, 51) % {_UNKNOWN_PAGES} ELSE {known} END"
