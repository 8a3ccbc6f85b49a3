"""A run with nothing to do: what is done under the same terms is not planned again, and everything else is."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from runner.emulator.embedded import embedded
from tests.harness import TOKEN, Desk, Emulated

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """
version: 1
name: test
limits: {requests_per_second: 200}
poll: {first: 0.05, max: 0.2, timeout: 60}
projects:
  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413
exports:
  - {name: titles, fields: [url, title], depth: {max: 2}}
  - {name: top, fields: [url, depth], depth: {max: 1}}
"""
ADDRESS = "  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413"
TWINS = """
tokens: {emulator: [example-org]}
organisations:
  example-org:
    shop: {analyses: [{slug: 20250413, depths: [1, 9, 90]}]}
    SHOP: {analyses: [{slug: 20250413, depths: [1, 9, 90]}]}
behaviour: {job_seconds: 0.1}
"""
TITLES, TOP = "example-org/example.com/20250413:titles", "example-org/example.com/20250413:top"
UNPLANNED = "the spec asks for the same"


def unplanned(desk: Desk) -> list[str]:
    """The exports of which a run says that they need no planning, after it has done what there was to do."""
    ran = desk.bqlrun("run", "s.yaml", "--log-format", "json")
    assert ran.code == 0, ran.text
    events = [json.loads(line) for line in ran.err.splitlines()]
    return [each["export"] for each in events if each["event"] == "skipped" and UNPLANNED in each["text"]]


@pytest.fixture
def done(desk: Desk) -> Desk:
    desk.write("s.yaml", SPEC)
    assert desk.bqlrun("run", "s.yaml").code == 0
    return desk


def change(desk: Desk, statement: str) -> None:
    with closing(sqlite3.connect(desk.folder / ".bqlrun" / "state.db")) as database, database:
        assert database.execute(statement).rowcount > 0


def test_what_is_done_is_told_in_full_without_being_planned(done: Desk, emulator: Emulated) -> None:
    planned = done.bqlrun("run", "s.yaml", "--json", "--shard", "1/1", "--refresh-provisional")
    before = len(emulator.requests())
    assert unplanned(done) == [TITLES, TOP]
    again = done.bqlrun("run", "s.yaml", "--json")
    assert again.json == planned.json
    assert {each["rows"] for each in again.json["exports"]} == {100, 10}
    assert len(emulator.requests()) == before


def test_a_plan_shows_the_whole_line_also_of_what_a_run_would_not_plan(done: Desk) -> None:
    assert unplanned(done) == [TITLES, TOP]
    lines = done.bqlrun("plan", "s.yaml", "--json").json["exports"]
    assert [(each["action"], each["rows"], bool(each["payload"])) for each in lines] == [
        ("skip", 100, True),
        ("skip", 10, True),
    ]


def test_what_a_spec_asks_otherwise_is_planned_and_what_comes_to_the_same_is_known_the_next_time(done: Desk) -> None:
    done.write("s.yaml", SPEC.replace("fields: [url, title]", "fields: [url, metadata.title.content]"))
    assert unplanned(done) == [TOP]
    assert unplanned(done) == [TITLES, TOP]
    done.write("s.yaml", SPEC.replace("fields: [url, title]", "fields: [url, h1]"))
    assert unplanned(done) == [TOP]
    assert b"h1" in next(body for name, body in done.files().items() if name.endswith("titles.csv"))


@pytest.mark.parametrize("spoil", ["unlink", "write_text"])
def test_a_file_that_is_not_as_it_was_is_planned(done: Desk, emulator: Emulated, spoil: str) -> None:
    path = done.folder / "downloads/example-org/example.com/20250413/titles.csv"
    whole = path.read_bytes()
    path.unlink() if spoil == "unlink" else path.write_text("oops", encoding="utf-8")
    assert unplanned(done) == [TOP]
    assert path.read_bytes() == whole
    assert emulator.creations() == 2


def test_a_submission_whose_outcome_is_unknown_is_looked_for_though_the_file_is_there(
    done: Desk, emulator: Emulated
) -> None:
    change(
        done,
        "INSERT INTO intents (api, org, project, fingerprint, known, created_at, payload)"
        " SELECT api, org, project, fingerprint, '[]', '2025-01-01T00:00:00Z', '{}' FROM exports WHERE export = 'top'",
    )
    before = len(emulator.requests("GET", "/v1/jobs"))
    assert unplanned(done) == [TITLES]
    assert len(emulator.requests("GET", "/v1/jobs")) > before


def test_a_newer_job_of_the_same_export_is_seen(done: Desk) -> None:
    change(
        done,
        "INSERT INTO jobs SELECT api, '7', org, project, fingerprint, 'DONE', 'created', 1, '2099-01-01', NULL"
        " FROM exports WHERE export = 'top'",
    )
    ran = done.bqlrun("run", "s.yaml", "-v")
    assert f"{TITLES}: done, and {UNPLANNED}" in ran.err
    assert f"{TOP}: done, and {UNPLANNED}" not in ran.err


def test_a_file_of_which_no_job_is_known_is_planned(done: Desk) -> None:
    change(done, "UPDATE exports SET job_id = NULL WHERE export = 'top'")
    assert unplanned(done) == [TITLES]


def test_force_plans_and_pays_again(done: Desk, emulator: Emulated) -> None:
    assert done.bqlrun("run", "s.yaml", "--force", "--select", "top").code == 0
    assert emulator.creations() == 3
    assert unplanned(done) == [TITLES]


def test_a_whole_of_parts_is_always_planned(desk: Desk) -> None:
    desk.write("s.yaml", SPEC.replace("depth: {max: 1}", "depth: split"))
    assert unplanned(desk) == []
    assert unplanned(desk) == [TITLES]


def test_a_person_sees_a_screen_of_what_was_there_and_all_that_was_done(desk: Desk, emulator: Emulated) -> None:
    more = "".join(f"  - {{name: e{n}, fields: [url, title], depth: {{max: 2}}}}\n" for n in range(24))
    desk.write("s.yaml", SPEC + more)
    first = desk.bqlrun("run", "s.yaml")
    assert first.out.count("example.com/20250413:") == 26
    again = desk.bqlrun("run", "s.yaml")
    assert again.out.count("example.com/20250413:") == 20
    assert "and 6 more that were in place" in again.out
    assert "26 of 26 exports in place, nothing was left to do" in again.out
    assert emulator.creations() == 2


def test_what_a_rule_leaves_out_is_named_in_every_run(desk: Desk) -> None:
    desk.write("s.yaml", SPEC.replace("/example.com/crawl?analysisSlug=20250413", "/example.fr/"))
    for _ in range(3):
        told = [line for line in desk.bqlrun("run", "s.yaml").err.splitlines() if line.startswith("warning")]
        assert len(told) == 2
        assert all("7 rows have no depth and are left out" in line for line in told)
    assert [name.rpartition(":")[2] for name in unplanned(desk)] == ["titles", "top"]


def test_of_two_projects_that_differ_in_letter_case_one_has_the_place_in_every_run(tmp_path: Path) -> None:
    config = tmp_path / "world.yaml"
    config.write_text(TWINS, encoding="utf-8")
    with embedded(tmp_path / "emulator", config=config) as url:
        desk = Desk(tmp_path, {"BOTIFY_API_URL": url, "BOTIFY_API_TOKEN": TOKEN})
        desk.write("s.yaml", SPEC.replace(ADDRESS, "  - {org: example-org, match: '*'}"))
        for _ in range(3):
            ran = desk.bqlrun("run", "s.yaml", "--json")
            assert ran.code == 2
            assert sorted(each["status"] for each in ran.json["exports"]) == ["done", "done", "failed", "failed"]
            assert all("is also the path of" in each["error"] for each in ran.json["exports"] if each["error"])
        assert Emulated(url, tmp_path / "emulator").creations() == 2
