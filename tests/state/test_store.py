"""The state file: durable, private, shared by processes, clear when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.errors import EarlyStop, StateError
from runner.state.claims import Claims
from runner.state.clock import in_days
from runner.state.database import Database
from runner.state.exports import ExportRecord
from runner.state.intents import Posting
from runner.state.jobs import KnownJob
from runner.state.store import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.state.intents import NoJob

RECORD = ExportRecord("a.csv", "spec", "api", "org", "project", "20250413", "name", None, "f" * 64, "csv slug")
PLACE = ("org", "project")
POSTING = Posting({})


def nothing() -> None:
    """A guard that lets everything pass."""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / ".bqlrun" / "state.db", "api") as opened:
        yield opened


def test_every_commit_is_durable(state: State) -> None:
    row = state.jobs._database.first("PRAGMA synchronous")
    assert row is not None
    assert row[0] == 2  # FULL


def test_the_state_is_for_the_user_alone(state: State) -> None:
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.path.parent.stat().st_mode) == 0o700


def test_the_room_beside_a_state_file_is_for_the_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with State(tmp_path / "mine.db", "api") as state:
            state.claims.open()
            runs = tmp_path / ".bqlrun" / "runs"
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / ".bqlrun", runs, *runs.iterdir())]
            state.claims.close()
    finally:
        os.umask(before)
    assert modes == [0o700, 0o700, 0o600]


def test_a_folder_of_ours_is_for_the_user_alone_whoever_made_it_and_any_other_stays(tmp_path: Path) -> None:
    """A CI's cache brings the state file back in a folder that anyone may look into."""
    for name, mode in ((".bqlrun", 0o700), ("shared", 0o755)):
        (tmp_path / name).mkdir(mode=0o755)
        (tmp_path / name).chmod(0o755)
        with State(tmp_path / name / "state.db", "api"):
            pass
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
        assert (tmp_path / name / ".gitignore").exists() is (mode == 0o700)


def test_a_link_in_a_folder_of_ours_that_leads_nowhere_stays_so(tmp_path: Path) -> None:
    (tmp_path / ".bqlrun").mkdir()
    (tmp_path / ".bqlrun" / ".gitignore").symlink_to(tmp_path / "nowhere")
    with State(tmp_path / ".bqlrun" / "state.db", "api"):
        pass
    assert not (tmp_path / "nowhere").exists()


def test_an_export_comes_back_as_it_was_put(state: State) -> None:
    state.exports.put(RECORD)
    assert state.exports.at("a.csv") == RECORD
    assert list(state.exports.all()) == [RECORD]
    assert state.exports.at("b.csv") is None


def test_an_intent_is_open_until_its_job_is_known(state: State) -> None:
    intent = state.intents.add(
        "print", PLACE, Posting({"username": "é"}, frozenset({"7", "8"}), frozenset({"9"}), blind=True), 12.5, nothing
    )
    assert state.intents.open_for("print") == intent
    state.jobs.record("print", "9", "CREATED", "created", ("org", "project"))
    assert state.intents.open_for("print") is None
    assert state.jobs.ids_of("org", "project") == {"9"}
    known = state.jobs.latest("print")
    assert known is not None
    assert (known.id, known.status, known.origin) == ("9", "CREATED", "created")


def test_a_job_that_is_adopted_says_nothing_of_a_submission(state: State) -> None:
    intent = state.intents.add("print", PLACE, POSTING, 12.5, nothing)
    state.jobs.record("print", "9", "DONE", "adopted", PLACE)
    assert state.intents.open_for("print") == intent
    assert state.intents.spent_today() == (1, 12.5)


def test_a_guard_that_refuses_leaves_no_intent(state: State) -> None:
    def refuse() -> None:
        raise EarlyStop("enough")

    with pytest.raises(EarlyStop):
        state.intents.add("print", PLACE, POSTING, 12.5, refuse)
    assert state.intents.open_for("print") is None


@pytest.mark.parametrize("outcome", ["refused", "absent"])
def test_an_intent_that_came_to_nothing_is_closed(state: State, outcome: NoJob) -> None:
    intent = state.intents.add("print", PLACE, POSTING, None, nothing)
    state.intents.settle(intent, outcome)
    assert state.intents.open_for("print") is None
    assert state.intents.spent_today() == (0, 0.0)


def test_what_was_spent_today_counts_open_intents_and_leaves_out_adopted_jobs(state: State) -> None:
    state.intents.add("one", PLACE, POSTING, 100, nothing)
    state.jobs.record("one", "1", "DONE", "created", ("org", "project"))
    state.intents.add("two", ("other", "project"), POSTING, 20, nothing)
    state.jobs.record("three", "3", "DONE", "adopted", ("org", "project"))
    # What was created here is not less paid for when it is found in the account again.
    state.jobs.record("one", "1", "DONE", "adopted", ("org", "project"))
    assert state.intents.spent_today() == (2, 120.0)
    assert state.intents.spent_today(lambda org: org == "other") == (1, 20.0)


def dated(state: State, column: str, moment: str) -> None:
    """Write a time as a clock that was wrong would have."""
    table, _, name = column.partition(".")
    with state.jobs._database.transaction("test"):
        state.jobs._database.execute(f"UPDATE {table} SET {name} = ?", (moment,))  # noqa: S608


@pytest.mark.parametrize(
    ("days_from_now", "spent"), [(-1, (0, 0.0)), (0, (2, 120.0)), (1, (2, 120.0)), (2, (0, 0.0)), (400, (0, 0.0))]
)
def test_what_was_spent_today_may_be_dated_tomorrow_and_is_neither_older_nor_of_a_clock_gone_mad(
    state: State, days_from_now: int, spent: tuple[int, float]
) -> None:
    state.intents.add("one", PLACE, POSTING, 100, nothing)
    state.jobs.record("one", "1", "DONE", "created", PLACE)
    state.intents.add("two", PLACE, POSTING, 20, nothing)
    midnights = [f"{in_days(days_from_now)[:10]}T{time}Z" for time in ("00:00:00", "23:59:59")]
    for midnight in midnights:
        dated(state, "jobs.created_at", midnight)
        dated(state, "intents.created_at", midnight)
        assert state.intents.spent_today() == spent


def test_a_job_is_never_dated_before_another_of_its_export_though_the_clock_was_set_back(state: State) -> None:
    state.jobs.record("print", "1", "DONE", "created", PLACE)
    dated(state, "jobs.created_at", "2099-01-01T00:00:00Z")
    state.intents.add("print", PLACE, POSTING, 7, nothing)
    state.jobs.record("print", "2", "DONE", "created", PLACE)
    assert state.intents.spent_today() == (1, 7)
    assert state.jobs.latest("print") == KnownJob("2", "print", "DONE", "created", "2099-01-01T00:00:00Z", None, 2)
    state.jobs.record("other", "3", "DONE", "created", PLACE)
    other = state.jobs.latest("other")
    assert other
    assert other.created_at < "2099"


def test_jobs_of_one_api_are_nothing_to_another(state: State) -> None:
    state.jobs.record("print", "1", "DONE", "created", ("org", "project"))
    with State(state.path, "another") as other:
        assert other.jobs.latest("print") is None


def test_pins_hold_until_they_are_released(state: State) -> None:
    state.pins.put("spec", "org", "project", "latest", ("20250413",))
    assert state.pins.get("spec", "org", "project", "latest") == ("20250413",)
    state.pins.release([("spec", "org", "project", "latest")])
    assert state.pins.get("spec", "org", "project", "latest") is None


@pytest.mark.parametrize(("days_from_now", "holds"), [(-8, False), (-6, True), (6, True), (8, False)])
def test_a_pin_is_forgotten_after_seven_days_and_where_its_clock_was_ahead_by_more(
    state: State, days_from_now: int, holds: bool
) -> None:
    state.pins.put("spec", "org", "project", "latest", ("20250413",))
    dated(state, "pins.pinned_at", in_days(days_from_now))
    assert (state.pins.get("spec", "org", "project", "latest") is not None) is holds


def test_a_claim_is_for_one_run_at_a_time(state: State, tmp_path: Path) -> None:
    mine = state.claims
    theirs = Claims(Database(state.path), tmp_path / ".bqlrun" / "runs")
    mine.open()
    theirs.open()
    assert mine.take("print")
    assert not theirs.take("print")
    mine.give_up("print")
    assert theirs.take("print")
    # To give up what is no longer one's own takes it from nobody.
    mine.give_up("print")
    assert not mine.take("print")
    theirs.close()
    mine.close()
    theirs._database.close()


def test_a_dead_processs_claims_are_free_at_once(state: State) -> None:
    dying = """
import os, sys
from pathlib import Path
from runner.state.store import State
state = State(Path(sys.argv[1]), "api")
state.claims.open()
assert state.claims.take("print")
os._exit(9)
"""
    ended = subprocess.run([sys.executable, "-c", dying, str(state.path)], check=False)
    assert ended.returncode == 9
    state.claims.open()
    assert state.claims.take("print")
    state.claims.close()


def test_of_several_claims_none_is_taken_where_another_run_has_one(state: State) -> None:
    state.claims.open()
    assert state.claims.take("print", "place")
    with State(state.path, "api") as other:
        other.claims.open()
        assert not other.claims.take("another print", "place")
        assert state.claims.take("another print")
        state.claims.give_up("print", "place")
        assert other.claims.take("print", "place")
        other.claims.close()
    state.claims.close()


def test_a_state_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    State(path, "api").__exit__(None, None, None)
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StateError, match="its format is 99"):
        State(path, "api")


def test_a_file_that_is_no_state_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("this is somebody's diary, and not a database at all\n" * 50)
    with pytest.raises(StateError, match=r"state\.db cannot be used"):
        State(path, "api")
    assert path.read_text().startswith("this is somebody's diary")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="cannot be opened"):
        State(tmp_path / "state.db", "api")


def test_a_folder_in_the_way_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    with pytest.raises(StateError, match="cannot be opened"):
        State(tmp_path / "state.db", "api")


def test_work_and_held_files_are_kept_in_the_private_folder(tmp_path: Path) -> None:
    with State(tmp_path / "state.db", "api") as beside, State(tmp_path / ".bqlrun" / "state.db", "api") as inside:
        assert beside.work == inside.work == tmp_path / ".bqlrun" / "work"
    with State(tmp_path / "other.db", "api") as other:
        assert other.work == tmp_path / ".bqlrun" / "work" / "other.db"


def test_the_phases_of_an_export_are_kept_with_its_record_and_begin_anew_with_its_next_life(state: State) -> None:
    state.moments.note(RECORD.path, "waiting", seconds_ago=9)
    assert state.moments.all() == {}
    state.exports.put(replace(RECORD, status="submitted"))
    state.exports.put(replace(RECORD, status="done"))
    [(path, phases)] = state.moments.all().items()
    assert (path, list(phases)) == (RECORD.path, ["waiting", "exporting", "ended"])
    assert phases["exporting"] - phases["waiting"] >= 9
    state.exports.put(replace(RECORD, status="done", cleaned_at="today"))
    assert state.moments.all()[path] == phases
    state.moments.note(RECORD.path, "waiting")
    state.exports.put(replace(RECORD, status="failed"))
    assert list(state.moments.all()[path]) == ["waiting", "ended"]
    state.exports.forget(RECORD.path)
    assert state.moments.all() == {}
