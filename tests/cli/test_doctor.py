"""`bqlrun doctor`: one screen that says whether a run would work, with an exit code, and makes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from runner.state.schema import VERSION
from runner.state.store import State
from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated, Ran


def checks(ran: Ran) -> dict[str, Any]:
    """The findings by their names; the optional libraries are of no interest here."""
    return {each["check"]: each for each in ran.json["checks"] if each["check"] != "extra"}


def test_where_all_is_in_order_it_says_so_names_the_token_and_makes_nothing(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, exports_per_day: 50, credits_per_day: 5000}"))
    ran = desk.bqlrun("doctor", "spec.yaml")
    assert ran.code == 0, ran.text
    assert "✓ token    the environment variable BOTIFY_API_TOKEN: accepted" in ran.out
    assert f"✓ api      {emulator.url} answers" in ran.out
    assert "✓ state    there is no .bqlrun/state.db yet" in ran.out
    assert "✓ output   downloads is not there yet: the first run makes it; " in ran.out
    assert "0 jobs created today, 50 of 50 left, 5,000 of 5,000 credits left" in ran.out
    assert ran.out.endswith("a run would work\n")
    assert len(ran.out.splitlines()) <= 24
    assert [path.name for path in desk.folder.iterdir()] == ["spec.yaml"]
    assert emulator.creations() == 0


def test_the_quota_counts_what_others_used_up_and_what_is_known_here(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, exports_per_day: 1, credits_per_day: 5000}"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    before = desk.files(".")
    ran = desk.bqlrun("doctor", "spec.yaml", "--json")
    assert desk.files(".") == before
    assert ran.code == 1
    quota = checks(ran)["quota"]
    assert not quota["ok"]
    assert quota["text"] == "1 job created today, 0 of 1 left, 4,900 of 5,000 credits left"
    (desk.folder / ".bqlrun/state.db").unlink()
    forgotten = checks(desk.bqlrun("doctor", "spec.yaml", "--json"))["quota"]
    assert forgotten["text"].startswith("1 job created today, 0 of 1")


def test_a_refused_token_is_exit_3_and_is_not_shown(desk: Desk) -> None:
    desk.environ["BOTIFY_API_TOKEN"] = "wrong-and-secret"
    ran = desk.bqlrun("doctor")
    assert ran.code == 3
    assert "✗ token    the environment variable BOTIFY_API_TOKEN: refused" in ran.out
    assert "wrong-and-secret" not in ran.text


def test_of_two_accounts_each_is_asked_once_and_one_refusal_is_exit_1(desk: Desk) -> None:
    desk.write(
        "spec.yaml",
        SPEC.replace("exports:", "  - {org: other-org, project: other.example}\nexports:", 1)
        + "api: {tokens: {other-org: {env: OTHER_TOKEN}}}\n",
    )
    desk.environ["OTHER_TOKEN"] = "no-such-token"
    ran = desk.bqlrun("doctor", "spec.yaml")
    assert ran.code == 1
    assert "✗ token    of other-org: the environment variable OTHER_TOKEN: refused" in ran.out
    assert "✓ token    of example-org: the environment variable BOTIFY_API_TOKEN: accepted" in ran.out
    desk.environ["OTHER_TOKEN"] = "other-token"
    assert desk.bqlrun("doctor", "spec.yaml").code == 0


def test_without_a_token_it_says_where_one_was_looked_for(desk: Desk) -> None:
    del desk.environ["BOTIFY_API_TOKEN"]
    ran = desk.bqlrun("doctor")
    assert ran.code == 1
    assert "BOTIFY_API_TOKEN is not set and the file botify_token.txt does not exist" in ran.out
    assert "put the token on the first line of botify_token.txt" in ran.out


def test_an_api_that_nobody_serves_is_said_within_seconds(desk: Desk) -> None:
    ran = desk.bqlrun("doctor", "--api-url", "http://127.0.0.1:9", timeout=30)
    assert ran.code == 1
    assert "✗ api      http://127.0.0.1:9: " in ran.out
    assert "nobody said whether it is accepted" in ran.out


def test_the_emulator_needs_no_token_and_is_not_started(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC + "api: {url: emulator}\n")
    ran = quiet_desk.bqlrun("doctor", "spec.yaml")
    assert ran.code == 0, ran.text
    assert "the embedded emulator: no account, no token, no quota" in ran.out
    assert [path.name for path in quiet_desk.folder.iterdir()] == ["spec.yaml"]


def test_a_state_file_in_use_is_read_and_said_to_be(desk: Desk) -> None:
    with State(desk.folder / ".bqlrun/state.db", "api") as state:
        state.claims.open()
        names = sorted(path.name for path in (desk.folder / ".bqlrun").iterdir())
        found = checks(desk.bqlrun("doctor", "--json"))["state"]
        assert sorted(path.name for path in (desk.folder / ".bqlrun").iterdir()) == names
        state.claims.close()
    assert found["ok"]
    assert found["text"] == f".bqlrun/state.db: 0 exports, format {VERSION}; 1 run under way"
    assert checks(desk.bqlrun("doctor", "--json"))["state"]["text"].endswith("nobody is at it")


def test_a_state_file_that_a_kill_left_without_tables_is_in_order(desk: Desk) -> None:
    path = desk.write(".bqlrun/state.db", "")
    found = checks(desk.bqlrun("doctor", "--json"))["state"]
    assert (found["ok"], path.read_bytes()) == (True, b""), found
    assert ".bqlrun/state.db: 0 exports" in found["text"]


@pytest.mark.parametrize("broken", ["diary", "newer"])
def test_a_state_file_that_cannot_be_used_is_left_as_it_is(desk: Desk, broken: str) -> None:
    path = desk.write("state.db", "this is somebody's diary\n" * 100 if broken == "diary" else "")
    if broken == "newer":
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    ran = desk.bqlrun("doctor", "--json", "--state", "state.db")
    assert ran.code == 1
    assert checks(ran)["state"]["ok"] is False
    assert checks(ran)["state"]["hint"]
    assert path.read_bytes() == before


def test_an_output_folder_that_is_a_file_is_found_before_anything_is_paid_for(desk: Desk) -> None:
    desk.write("downloads", "a file")
    ran = desk.bqlrun("doctor")
    assert ran.code == 1
    assert "✗ output   downloads is no folder" in ran.out


def test_a_spec_that_is_wrong_is_exit_2_as_everywhere(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", "version: 1\n")
    assert quiet_desk.bqlrun("doctor", "spec.yaml").code == 2
