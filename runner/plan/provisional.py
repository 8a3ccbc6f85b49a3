"""Provisional data: Search Console and web logs complete a day only some days later (contract 3)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.plan.model import Wanted

SETTLED_AFTER = dt.timedelta(days=3)


def is_provisional(wanted: Wanted, job_created: str | None) -> bool:
    """Whether a job ran before its data was complete. A finished crawl does not move; an unknown date is no proof."""
    if not wanted.request.moves:
        return False
    try:
        last_day = dt.date.fromisoformat(max(wanted.request.last_days))
    except ValueError:
        return True
    created = _day(job_created)
    return created is None or created < last_day + SETTLED_AFTER


def may_adopt(wanted: Wanted, job_created: str | None) -> bool:
    """Whether a job that someone else created is as good as a new one: complete, or of today."""
    return not is_provisional(wanted, job_created) or _day(job_created) == dt.datetime.now(dt.UTC).date()


def _day(moment: str | None) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(moment or "").date()
    except ValueError:
        return None
