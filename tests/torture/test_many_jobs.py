"""An account with thousands of jobs: all pages are read, once for all exports that need them, and in pace."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.torture.bench import run
from tests.torture.child import Effect, Strike

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated
    from tests.torture.bench import Bench

JOBS = 5000
PAGES = JOBS // 500
RATE = 5
BURST = 10
SPEC = f"""
version: 1
name: many
limits: {{requests_per_second: {RATE}}}
poll: {{first: 0.2, max: 1, timeout: 120}}
projects: [https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413]
exports:
""" + "".join(
    f"  - {{name: e{number}, fields: [url], depth: {{max: 1}},"
    f" filters: {{field: byte_size, predicate: gt, value: {number}}}}}\n"
    for number in range(4)
)
EXPORTS = 4


COLUMNS = ("kind", "org", "project", "analysis", "payload", "user", "created", "ready", "visible", "outcome", "secret")


@pytest.fixture
def payloads(desk: Desk) -> list[dict[str, Any]]:
    """What the four exports ask for."""
    desk.write("many.yaml", SPEC)
    return [each["payload"] for each in desk.bqlrun("plan", "many.yaml", "--json").json["exports"]]


def crowd(bench: Bench, payload: dict[str, Any], first: dict[str, Any]) -> None:
    """Have the account full of finished jobs that ask for something like this; the first of them asks for `first`."""
    rows = [_row(number, first if number == 0 else _other(payload, number)) for number in range(JOBS)]
    names, marks = ", ".join([*COLUMNS, "oddities", "credits"]), ", ".join("?" * (len(COLUMNS) + 2))
    with closing(sqlite3.connect(bench.emulator.data / "jobs.db", timeout=30)) as database, database:
        database.executemany(f"INSERT INTO jobs ({names}) VALUES ({marks})", rows)  # noqa: S608


def _row(number: int, payload: dict[str, Any]) -> tuple[Any, ...]:
    now = time.time()
    times = (now - 60, now - 30, 0)
    text = json.dumps(payload)
    return ("export", "example-org", "example.com", "", text, "someone", *times, "DONE", f"{number:032x}", "{}", 0)


def _other(payload: dict[str, Any], number: int) -> dict[str, Any]:
    other: dict[str, Any] = json.loads(json.dumps(payload))
    other["query"]["query"]["filters"] = {"field": "crawl.20250413.byte_size", "value": -number}
    return other


def pages(emulator: Emulated) -> int:
    """How many pages of the project's list of jobs were asked for; those of all projects look whether jobs are done."""
    asked = [each for each in emulator.requests("GET", "/v1/jobs") if each["path"] == "/v1/jobs"]
    return len([each for each in asked if "project" in each["query"]])


def check_pace(emulator: Emulated, began: float) -> None:
    """No more requests than the account's pace allows; a few may follow one another at once."""
    asked = len([each for each in emulator.requests() if each["origin"] != "downloads"])
    assert asked > PAGES
    assert time.monotonic() - began > (asked - BURST) / RATE


def test_the_oldest_of_thousands_of_jobs_is_adopted_after_one_listing_for_all_exports(
    bench: Bench, desk: Desk, emulator: Emulated, payloads: list[dict[str, Any]]
) -> None:
    crowd(bench, payloads[0], first=payloads[1])
    emulator.call("DELETE", "/_emulator/requests")
    began = time.monotonic()
    fell = run(desk, "run", "many.yaml")
    assert fell.code == 0, fell.text
    assert emulator.creations() == EXPORTS - 1
    assert pages(emulator) == PAGES
    check_pace(emulator, began)


def test_submissions_that_were_broken_off_share_a_listing_of_thousands_of_jobs(
    bench: Bench, desk: Desk, emulator: Emulated, payloads: list[dict[str, Any]]
) -> None:
    crowd(bench, payloads[0], first=_other(payloads[0], JOBS))
    third = Effect("receive", "POST /v1/jobs", 3)
    assert run(desk, "run", "many.yaml", strike=Strike(third, "before")).code == -9
    emulator.call("DELETE", "/_emulator/requests")
    began = time.monotonic()
    fell = run(desk, "run", "many.yaml")
    assert fell.code == 0, fell.text
    assert "recovered" in fell.text
    assert len(bench.paid()) - JOBS == EXPORTS
    # One listing to plan what has no job yet, and one, or two that overlap, for all who look for theirs.
    assert pages(emulator) <= 3 * PAGES
    check_pace(emulator, began)
