"""Times as the state file and the manifests write them: UTC, ISO 8601, sortable as text."""

from __future__ import annotations

import datetime as dt


def now() -> str:
    """This moment, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> str:
    """The UTC day that quotas count by."""
    return now()[:10]


def in_days(days: int) -> str:
    """The moment that many days from now, before it where they are negative."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
