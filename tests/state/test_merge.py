"""State files of several shards become one, and nothing that any of them paid for is forgotten."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.errors import StateError, UsageError
from runner.state.exports import ExportRecord
from runner.state.intents import Posting
from runner.state.merge import merge
from runner.state.store import State

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ("org", "project")
DONE = ExportRecord(
    "downloads/a.csv", "spec", "api", "org", "project", "20250413", "a", None, "f" * 64, "csv", "done", 3, "7", 3, 40
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here.db"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other.db"


def test_what_the_other_knows_is_known_and_a_second_time_brings_nothing(here: Path, other: Path) -> None:
    with State(other, "api") as state:
        state.jobs.record(DONE.fingerprint, "7", "DONE", "created", PLACE)
        state.exports.put(DONE)
        state.distributions.put("org", "project", "query", [[0, 1]])
    assert (merge(here, other).jobs, merge(here, other).jobs) == (1, 0)
    with State(here, "api") as state:
        assert state.exports.at(DONE.path) == DONE
        job = state.jobs.latest(DONE.fingerprint)
        assert job
        assert job.id == "7"
        assert state.distributions.get("org", "project", "query") == [[0, 1]]


def test_a_submission_of_unknown_outcome_stays_open_until_either_file_knows(here: Path, other: Path) -> None:
    with State(other, "api") as state:
        intent = state.intents.add("f", PLACE, Posting({"a": 1}), 5, lambda: None)
    merge(here, other)
    with State(here, "api") as state:
        assert state.intents.unanswered() == 1
        assert state.intents.spent_today() == (1, 5)
    with State(other, "api") as state:
        state.intents.settle(intent, "absent")
    merge(here, other)
    with State(here, "api") as state:
        assert state.intents.unanswered() == 0


def test_a_copy_from_before_takes_nothing_back(here: Path, other: Path) -> None:
    with State(here, "api") as state:
        state.intents.add("f", PLACE, Posting({"a": 1}), 5, lambda: None)
        state.exports.put(replace(DONE, status="submitted"))
    shutil.copy(here, other)
    with State(here, "api") as state:
        state.jobs.record("f", "7", "DONE", "created", PLACE)
        state.exports.put(DONE)
    merge(here, other)
    with State(here, "api") as state:
        assert state.intents.unanswered() == 0
        assert state.exports.at(DONE.path) == DONE


@pytest.mark.parametrize("ended", ["DONE", "FAILED"])
def test_how_a_job_ended_is_known_whichever_file_knows_it(here: Path, other: Path, ended: str) -> None:
    for one, another in ((here, other), (other, here)):
        with State(here, "api") as state:
            state.jobs.record("f", "7", "PROCESSING", "created", PLACE)
        shutil.copy(here, other)
        with State(one, "api") as state:
            state.jobs.update("7", ended, "address")
        merge(here, other)
        with State(here, "api") as state:
            job = state.jobs.known("7")
        assert job
        assert (job.status, job.download_url) == (ended, "address"), (one, another)
        for each in (here, other):
            each.unlink()


def test_a_failed_job_from_elsewhere_does_not_hide_the_one_that_was_paid_for(here: Path, other: Path) -> None:
    with State(here, "api") as state:
        state.jobs.record("f", "7", "DONE", "created", PLACE)
    with State(other, "api") as state:
        state.jobs.record("f", "8", "FAILED", "created", PLACE)
    merge(here, other)
    with State(here, "api") as state:
        job = state.jobs.latest("f")
        assert job
        assert job.id == "7"


def test_a_finished_file_is_not_replaced_by_a_newer_failure(here: Path, other: Path) -> None:
    with State(here, "api") as state:
        state.exports.put(DONE)
    with State(other, "api") as state:
        state.exports.put(replace(DONE, status="failed", error="no"))
        with state.jobs._database.transaction("test"):
            state.jobs._database.execute("UPDATE exports SET updated_at = '2099-01-01T00:00:00Z'")
    merge(here, other)
    with State(here, "api") as state:
        assert state.exports.at(DONE.path) == DONE


def test_what_a_kill_left_without_tables_brings_nothing_and_stays_as_it_is(here: Path, other: Path) -> None:
    other.touch()
    merged = merge(here, other)
    assert (merged.jobs, merged.exports) == (0, 0)
    assert other.read_bytes() == b""


def test_a_database_of_another_program_is_refused(here: Path, other: Path) -> None:
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(StateError, match="another version"):
        merge(here, other)


def test_the_file_itself_and_what_is_none_are_refused(here: Path, other: Path) -> None:
    State(here, "api").__exit__(None, None, None)
    with pytest.raises(UsageError, match="the state file itself"):
        merge(here, here)
    other.write_text("no database, but long enough to be looked at" * 50)
    with pytest.raises(StateError):
        merge(here, other)
