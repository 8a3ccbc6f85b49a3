"""Data that moves: from which day on a job of it is complete, and whose is as good as a new one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from runner.bql.request import Request
from runner.plan.provisional import is_provisional, may_adopt
from runner.state.clock import now
from tests.accounts import wanted

if TYPE_CHECKING:
    from pathlib import Path

    from runner.plan.model import Wanted

APRIL = [["2025-03-01", "2025-03-31"], ["2025-04-01", "2025-04-10"], ["2025-02-01", "2025-02-28"]]


def reading(folder: Path, collection: str, periods: list[list[str]]) -> Wanted:
    """An export of a collection's days."""
    query = {"collections": [collection], "periods": periods, "query": {"dimensions": ["url"], "metrics": []}}
    return wanted(folder, request=Request({"query": query}, (("url", None),), (collection,)))


@pytest.mark.parametrize(
    ("created", "provisional"),
    [
        ("2025-04-10T12:00:00Z", True),
        ("2025-04-12T23:59:59.999999Z", True),
        ("2025-04-13T00:00:00Z", False),
        ("2099-01-01T00:00:00Z", False),
        ("", True),
        (None, True),
        ("yesterday", True),
    ],
)
def test_a_job_is_complete_three_days_after_the_last_of_its_days(
    tmp_path: Path, created: str | None, provisional: bool
) -> None:
    export = reading(tmp_path, "search_console", APRIL)
    assert is_provisional(export, created) is provisional
    assert may_adopt(export, created) is not provisional


def test_days_that_nobody_can_read_are_never_complete(tmp_path: Path) -> None:
    for periods in ([], [["2025-04-01", "some day"]]):
        assert is_provisional(reading(tmp_path, "search_console", periods), "2099-01-01T00:00:00Z")


def test_a_finished_crawl_does_not_move(tmp_path: Path) -> None:
    export = reading(tmp_path, "crawl.20250413", [["2025-04-01", "2099-01-01"]])
    assert not is_provisional(export, None)


def test_a_job_of_today_is_as_good_as_a_new_one_and_one_of_yesterday_is_not(tmp_path: Path) -> None:
    export = reading(tmp_path, "search_console", [["2025-04-01", "2099-01-01"]])
    assert may_adopt(export, now())
    assert not may_adopt(export, (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat())
