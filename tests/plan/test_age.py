"""How old a crawl is on a given day."""

from __future__ import annotations

import datetime as dt

import pytest

from runner.plan.age import age_in_days


@pytest.mark.parametrize(
    ("analysis", "age"),
    [
        ("20250413", 365),
        ("20250413-2", 365),
        ("20260413", 0),
        ("20260414", 0),
        ("20250230", None),
        ("202504131", None),
        ("latest", None),
        ("<analysis: latest>", None),
        ("", None),
    ],
)
def test_a_crawl_is_as_old_as_the_day_that_its_slug_begins_with(analysis: str, age: int | None) -> None:
    assert age_in_days(analysis, dt.date(2026, 4, 13)) == age
