"""Times as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Seconds since 1970 as 2025-04-19T10:51:15.038580Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def day(seconds: float) -> str:
    """Seconds since 1970 as 2025-04-19."""
    return iso(seconds)[:10]
