"""How old a crawl is: its slug begins with its day."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.plan.model import PlannedExport


@lru_cache
def age_in_days(analysis: str, today: dt.date) -> int | None:
    """Days since the crawl's day; None for a slug that names none. A crawl of tomorrow is of another time zone: 0."""
    try:
        day = dt.date.fromisoformat(f"{analysis[:4]}-{analysis[4:6]}-{analysis[6:8]}")
    except ValueError:
        return None
    return max((today - day).days, 0) if analysis[8:9] in {"", "-"} else None


def age_today(analysis: str) -> int | None:
    """The same, on this UTC day."""
    return age_in_days(analysis, dt.datetime.now(dt.UTC).date())


def ages(plan: Iterable[PlannedExport]) -> dict[tuple[str, str, str], int]:
    """Every dated crawl of a plan, as (org, project, analysis), and its age in days."""
    crawls = dict.fromkeys((each.org, each.project, each.analysis) for each in plan)
    return {crawl: age for crawl in crawls if (age := age_today(crawl[2])) is not None}
