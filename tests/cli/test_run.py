"""`bqlrun run` as a process, against the emulator over real sockets: what is in place afterwards, and what it cost."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import time
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.harness import assert_still, occupied, until

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

SPEC = """
version: 1
name: test
limits: {requests_per_second: 200}
poll: {first: 0.1, max: 0.5, timeout: 60}
projects:
  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413
exports:
  - name: titles
    fields: [url, title, h1]
    depth: {max: 2}
"""


def test_a_spec_becomes_a_checked_file_with_its_manifest(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.err
    files = desk.files()
    assert list(files) == [
        "example-org/example.com/20250413/titles.csv",
        "example-org/example.com/20250413/titles.manifest.json",
    ]
    body = files["example-org/example.com/20250413/titles.csv"]
    rows = rows_of(body)
    assert rows[0] == ["url", "metadata.title.content", "metadata.h1.contents"]
    assert len(rows) == 1 + 1 + 9 + 90
    assert len({row[0] for row in rows}) == len(rows)
    [export] = ran.json["exports"]
    manifest = json.loads(files["example-org/example.com/20250413/titles.manifest.json"])
    for known in (export, manifest):
        assert (known["rows"], known["bytes"]) == (100, len(body))
        assert known["sha256"] == hashlib.sha256(body).hexdigest()
    assert export["status"] == "done"
    assert export["job_ids"] == [str(emulator.jobs()[0]["job_id"])]


def test_a_second_run_creates_no_job_and_downloads_nothing(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    before, files = len(emulator.requests()), desk.files()
    again = desk.bqlrun("run", "spec.yaml")
    assert again.code == 0
    assert "nothing was left to do" in again.out
    assert len(emulator.requests()) == before
    assert desk.files() == files


def test_latest_is_the_newest_finished_crawl_and_costs_a_second_run_one_look(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("/crawl?analysisSlug=20250413", ""))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert "example-org/example.com/20250413/titles.csv" in desk.files()
    before = len(emulator.requests())
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.requests()) - before == 1
    assert emulator.creations() == 1


def test_two_specs_that_ask_for_the_same_share_one_job(desk: Desk, emulator: Emulated) -> None:
    desk.write("one.yaml", SPEC)
    desk.write("two.yaml", SPEC.replace("name: test", "name: another").replace("name: titles", "name: other-titles"))
    assert desk.bqlrun("run", "one.yaml", "two.yaml").code == 0
    assert len([name for name in desk.files() if name.endswith(".csv")]) == 2
    assert emulator.creations() == 1


def test_a_file_that_is_gone_is_fetched_again_at_no_cost(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    files = desk.files()
    (desk.folder / "downloads/example-org/example.com/20250413/titles.csv").unlink()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert desk.files().keys() == files.keys()
    assert emulator.creations() == 1


def test_a_file_that_was_altered_is_fetched_again_at_no_cost(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    name = "example-org/example.com/20250413/titles.csv"
    good = desk.files()[name]
    (desk.folder / "downloads" / name).write_bytes(b"oops")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert desk.files()[name] == good
    assert emulator.creations() == 1


def test_an_ignored_missing_file_stays_missing(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC + "output: {missing: ignore}\n")
    desk.bqlrun("run", "spec.yaml")
    (desk.folder / "downloads/example-org/example.com/20250413/titles.csv").unlink()
    before = len(emulator.requests())
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.requests()) == before


def test_an_empty_state_file_adopts_what_the_account_has(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    ran = desk.bqlrun("run", "spec.yaml", "--state", "fresh/state.db")
    assert ran.code == 0
    assert "adopted" in ran.err
    assert emulator.creations() == 1


@pytest.mark.parametrize("state", [".bqlrun/state.db", "fresh/state.db"])
def test_who_asks_for_everything_does_not_adopt_a_job_that_has_a_part_of_it(
    desk: Desk, emulator: Emulated, state: str
) -> None:
    whole = SPEC.replace("depth: {max: 2}", "depth: all")
    part = f"{whole}    filters: {{field: depth, predicate: lte, value: 2}}\n"
    desk.write("part.yaml", part)
    assert desk.bqlrun("run", "part.yaml").code == 0
    desk.write("everything.yaml", whole.replace("titles", "everything"))
    ran = desk.bqlrun("run", "everything.yaml", "--state", state)
    assert ran.code == 0, ran.err
    assert emulator.creations() == 2


def test_no_adopt_pays_again_in_a_fresh_container(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    assert desk.bqlrun("run", "spec.yaml", "--state", "fresh/state.db", "--no-adopt").code == 0
    assert emulator.creations() == 2


def test_force_exports_again_and_pays_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    assert desk.bqlrun("run", "spec.yaml", "--force").code == 0
    assert emulator.creations() == 2


def test_force_that_was_interrupted_goes_on_when_it_is_given_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    assert desk.bqlrun("run", "spec.yaml", "--force", "--no-wait").code == 0
    assert desk.bqlrun("run", "spec.yaml", "--force").code == 0
    assert emulator.creations() == 2
    assert desk.bqlrun("run", "spec.yaml", "--force").code == 0
    assert emulator.creations() == 3


@pytest.mark.parametrize("kind", ["gzip", "zip", "plain", "multi_member"])
def test_whatever_the_file_is_packed_in_the_rows_are_the_same(desk: Desk, emulator: Emulated, kind: str) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("archive", kind=kind, times=0)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(rows_of(desk.files()["example-org/example.com/20250413/titles.csv"])) == 101


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 500, "method": "POST", "path": "/v1/jobs"},
        {"fault": "html", "status": 502, "method": "POST", "path": "/v1/jobs"},
        {"fault": "reset_before"},
        {"fault": "reset_after"},
    ],
)
def test_an_unknown_outcome_is_looked_into_and_never_paid_twice(
    desk: Desk, emulator: Emulated, fault: dict[str, object]
) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault(**fault)  # type: ignore[arg-type]
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    assert len(emulator.jobs()) == 1
    assert len(desk.files()) == 2


def test_killed_in_the_middle_the_next_run_finishes_with_the_same_job(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    process = desk.start("run", "spec.yaml")
    until(lambda: emulator.creations() == 1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    assert len(emulator.jobs()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_within_seconds_and_can_be_resumed(
    desk: Desk, emulator: Emulated, number: signal.Signals, code: int
) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_hangs")
    process = desk.start("run", "spec.yaml")
    until(lambda: emulator.creations() == 1)
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert process.returncode == code
    assert "in flight, and noted: titles of example-org/example.com (run the same command again" in err
    status = desk.bqlrun("status", "--json").json
    assert [export["status"] for export in status["exports"]] == ["submitted"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_specs_are_read_leaves_at_once(desk: Desk, number: signal.Signals, code: int) -> None:
    os.mkfifo(desk.folder / "spec.yaml")
    process = desk.start("run", "spec.yaml")
    # Opened when the other end is, which then waits for what is written.
    with (desk.folder / "spec.yaml").open("w"):
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (code, "")
    assert err == "bqlrun: interrupted (run the same command again to go on)\n"


def test_a_second_signal_leaves_at_once_even_while_a_job_is_being_created(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("delay", seconds=20, method="POST", path="/v1/jobs")
    process = desk.start("run", "spec.yaml")
    until(lambda: emulator.creations() == 1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert time.monotonic() - began < 1
    assert process.returncode == 130


def test_a_signal_during_a_submission_says_that_its_outcome_will_be_looked_up(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("delay", seconds=20, method="POST", path="/v1/jobs")
    process = desk.start("run", "spec.yaml")
    until(lambda: emulator.creations() == 1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 143
    assert "submissions whose outcome the next run looks up: 1" in err


def test_a_job_that_never_ends_times_out_and_is_waited_for_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("timeout: 60", "timeout: 1"))
    emulator.fault("job_hangs")
    for _ in range(2):
        ran = desk.bqlrun("run", "spec.yaml")
        assert ran.code == 1
        assert "has not finished in 1 s" in ran.err
    assert emulator.creations() == 1


def test_a_failed_job_fails_its_export_and_the_next_run_submits_anew(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_failed")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "FAILED" in ran.err
    assert desk.files() == {}
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert emulator.creations() == 2


@pytest.mark.parametrize("again", ["--force", "--refresh-provisional"])
def test_what_is_there_stays_done_where_the_job_that_was_to_replace_it_failed(
    desk: Desk, emulator: Emulated, again: str
) -> None:
    desk.write("spec.yaml", RECENT.replace("2025-04-10", "2099-01-01"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    files, [before] = desk.files(), desk.bqlrun("status", "--json").json["exports"]
    emulator.fault("job_failed")
    failed = desk.bqlrun("run", "spec.yaml", again)
    assert failed.code == 1
    assert "FAILED" in failed.err
    emulator.heal()
    emulator.fault("expired", times=0)
    left = desk.bqlrun("run", "spec.yaml")
    assert left.code == 0
    assert "nothing was left to do" in left.out
    assert desk.files() == files
    [after] = desk.bqlrun("status", "--json").json["exports"]
    assert (after["status"], after["job_ids"]) == ("done", before["job_ids"])
    emulator.heal()
    assert desk.bqlrun("run", "spec.yaml", again).code == 0
    assert emulator.creations() == 3


def test_one_exports_failure_leaves_the_others_alone(desk: Desk, emulator: Emulated) -> None:
    desk.write(
        "spec.yaml", SPEC + "  - {name: more, fields: [url], depth: {max: 9}}\n  - {name: few, fields: [depth]}\n"
    )
    emulator.fault("job_failed", times=1)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 1
    assert sorted(export["status"] for export in ran.json["exports"]) == ["done", "done", "failed"]


def test_a_file_that_comes_short_is_held_and_placed_only_when_accepted(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    _prepare_a_short_file(desk, emulator)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1, ran.text
    assert "the file has 99 rows, and the API counts 100" in ran.err
    assert desk.files() == {}
    [held] = (desk.folder / ".bqlrun/held").iterdir()
    assert held.name.endswith("-titles.csv")
    again = desk.bqlrun("run", "spec.yaml")
    assert again.code == 1
    # The same words each time: nothing is said twice, and nothing grows from run to run.
    told = [line for line in ran.err.splitlines() if line.startswith("failed")]
    assert "--accept-rows" in told[0]
    assert [line for line in again.err.splitlines() if line.startswith("failed")] == told
    accepted = desk.bqlrun("run", "spec.yaml", "--accept-rows")
    assert accepted.code == 0, accepted.err
    assert len(rows_of(desk.files()["example-org/example.com/20250413/titles.csv"])) == 100
    assert len(emulator.jobs()) == 1


def test_a_held_file_that_someone_removed_is_made_again_of_its_job(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("archive", kind="short", times=0)
    for _ in range(2):
        ran = desk.bqlrun("run", "spec.yaml")
        assert ran.code == 1
        assert "the file has 99 rows, and the API counts 100" in ran.err
        [held] = (desk.folder / ".bqlrun/held").iterdir()
        held.unlink()
    assert desk.bqlrun("run", "spec.yaml", "--accept-rows").code == 0
    assert len(rows_of(desk.files()["example-org/example.com/20250413/titles.csv"])) == 100
    assert len(emulator.jobs()) == 1


def _prepare_a_short_file(desk: Desk, emulator: Emulated) -> None:
    """A job with this very payload, finished before, whose file lost its last row on the server."""
    [planned] = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    created = emulator.call("POST", "/v1/jobs", {"job_type": "export", "payload": planned["payload"]})
    until(lambda: emulator.call("GET", created["job_url"])["job_status"] == "DONE")
    address = emulator.call("GET", created["job_url"])["results"]["download_url"]
    with urllib.request.urlopen(address) as answer:  # noqa: S310
        lines = gzip.decompress(answer.read()).splitlines(keepends=True)
    [cached] = [path for path in emulator.data.rglob("*.gzip") if path.is_file()]
    cached.write_bytes(gzip.compress(b"".join(lines[:-1])))


def rows_of(table: bytes) -> list[list[str]]:
    """A file's records, its header among them, as Python's own reader sees them."""
    return list(csv.reader(io.StringIO(table.decode(), newline="")))


def test_the_days_exports_are_a_limit_that_stops_early(desk: Desk, emulator: Emulated) -> None:
    limited = SPEC.replace("requests_per_second: 200", "requests_per_second: 200, exports_per_day: 1, jobs: 1")
    desk.write("spec.yaml", limited + "  - {name: more, fields: [url], depth: {max: 9}}\n")
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 4
    assert "run again after 00:00 UTC" in ran.err
    assert sorted(export["status"] for export in ran.json["exports"]) == ["done", "pending"]
    assert desk.bqlrun("status", "--json").json == ran.json
    assert emulator.creations() == 1


def test_the_days_credits_are_never_overspent(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, credits_per_day: 99}"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 4
    assert emulator.creations() == 0


def test_the_token_goes_nowhere_but_to_the_api(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml", "-vv")
    assert ran.code == 0
    assert emulator.downloads()
    assert not any(each["token"] for each in emulator.downloads())


def test_a_header_can_be_left_out_or_named_by_hand(desk: Desk) -> None:
    desk.write(
        "spec.yaml",
        SPEC
        + """    output: {header: none}
  - name: named
    fields: [{field: url, name: Address}, http_code]
    depth: {max: 1}
  - name: verbose
    fields: [url, title]
    depth: {max: 1}
    output: {header: verbose}
""",
    )
    assert desk.bqlrun("run", "spec.yaml").code == 0
    first = {
        name.rpartition("/")[2]: body.split(b"\n")[0] for name, body in desk.files().items() if name.endswith(".csv")
    }
    assert first["titles.csv"].startswith(b"http")
    assert first["named.csv"] == b"Address,http_code"
    assert first["verbose.csv"].startswith(b"Full URL,")


def test_only_what_is_selected_is_done(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC + "  - {name: more, fields: [url], depth: {max: 9}}\n")
    ran = desk.bqlrun("run", "spec.yaml", "--select", "mo*", "--json")
    assert [export["export"] for export in ran.json["exports"]] == ["more"]
    assert emulator.creations() == 1


def test_projects_without_a_crawl_are_skipped_where_the_spec_says_so(desk: Desk) -> None:
    spec = SPEC.replace("/example.com/crawl?analysisSlug=20250413", "/empty.example")
    desk.write("spec.yaml", spec)
    failed = desk.bqlrun("run", "spec.yaml")
    assert failed.code == 1
    assert "there is no finished crawl" in failed.err
    desk.write("spec.yaml", spec + "defaults: {on_missing: skip}\n")
    skipped = desk.bqlrun("run", "spec.yaml")
    assert skipped.code == 0
    assert "example-org/empty.example/latest:titles  left out" in skipped.out
    assert "0 of 1 export in place, nothing was left to do, 1 left out, as there is no such crawl" in skipped.out


RECENT = (
    SPEC.partition("    fields:")[0]
    + """    template: search_console
    periods: [[2025-04-01, 2025-04-10]]
"""
)


def test_data_that_moved_after_its_job_is_exported_anew_only_when_asked(desk: Desk, emulator: Emulated) -> None:
    # The last day of the period has not come yet, so that whatever is exported now is not complete.
    desk.write("spec.yaml", RECENT.replace("2025-04-10", "2099-01-01"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    [export] = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    assert export["action"] == "skip"
    assert "provisionally" in export["reason"]
    assert desk.bqlrun("run", "spec.yaml", "--refresh-provisional").code == 0
    assert emulator.creations() == 2


OWN_TEMPLATE = """{"collections": ["search_console"], "periods": {{ periods | tojson }},
"query": {"dimensions": ["url"], "metrics": ["search_console.period_0.count_clicks"]}}"""


@pytest.mark.parametrize("template", ["search_console", "own.json.j2"])
def test_a_job_of_data_that_moves_is_adopted_three_days_after_its_period_or_on_its_own_day(
    desk: Desk, emulator: Emulated, template: str
) -> None:
    """Whatever reads it: a template of one's own is no crawl because of its name."""
    desk.write("own.json.j2", OWN_TEMPLATE)
    desk.write("spec.yaml", RECENT.replace("template: search_console", f"template: {template}"))
    assert desk.bqlrun("run", "spec.yaml").code == 0

    def action(created: dt.datetime) -> str:
        with closing(sqlite3.connect(emulator.data / "jobs.db", timeout=30)) as jobs, jobs:
            jobs.execute("UPDATE jobs SET created = ?", (created.timestamp(),))
        fresh = desk.bqlrun("plan", "spec.yaml", "--state", "fresh/state.db", "--json")
        found: str = fresh.json["exports"][0]["action"]
        return found

    assert action(dt.datetime(2025, 4, 12, 23, 59, tzinfo=dt.UTC)) == "submit"
    assert action(dt.datetime(2025, 4, 13, tzinfo=dt.UTC)) == "download"
    desk.write("spec.yaml", (desk.folder / "spec.yaml").read_text(encoding="utf-8").replace("2025-04-10", "2099-01-01"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert "provisionally" in desk.bqlrun("plan", "spec.yaml", "--json").json["exports"][0]["reason"]
    assert action(dt.datetime.now(dt.UTC)) == "download"
    assert action(dt.datetime.now(dt.UTC) - dt.timedelta(days=1)) == "submit"


def test_refreshing_that_was_broken_off_is_paid_once(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", RECENT.replace("2025-04-10", "2099-01-01"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    emulator.fault("expired", times=0)
    assert desk.bqlrun("run", "spec.yaml", "--refresh-provisional").code == 1
    emulator.heal()
    assert desk.bqlrun("run", "spec.yaml", "--refresh-provisional").code == 0
    assert emulator.creations() == 2
    [export] = desk.bqlrun("status", "--json").json["exports"]
    assert export["job_ids"] == [str(emulator.jobs()[0]["job_id"])]


def test_a_held_file_of_data_that_moves_is_provisional_when_it_is_accepted(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", RECENT.replace("2025-04-10", "2099-01-01"))
    emulator.fault("archive", kind="short", times=0)
    assert desk.bqlrun("run", "spec.yaml").code == 1
    assert desk.bqlrun("run", "spec.yaml", "--accept-rows").code == 0
    assert desk.bqlrun("run", "spec.yaml", "--refresh-provisional", "--accept-rows").code == 0
    assert emulator.creations() == 2


def test_data_that_no_longer_moves_is_not_exported_anew(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", RECENT)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert desk.bqlrun("run", "spec.yaml", "--refresh-provisional").code == 0
    assert emulator.creations() == 1


def test_a_finished_job_without_an_address_is_kept_for_the_next_run(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_null_results")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "gives no address for its file" in ran.err
    assert desk.bqlrun("run", "spec.yaml").code == 1
    assert emulator.creations() == 1


def test_an_expired_address_is_asked_for_again_and_then_refused_with_the_date(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("expired", times=1)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    (desk.folder / "downloads/example-org/example.com/20250413/titles.csv").unlink()
    emulator.fault("expired", times=0)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "paid on 20" in ran.err
    assert "address expired" in ran.err
    assert emulator.creations() == 1
    emulator.heal()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert emulator.creations() == 1


@pytest.mark.parametrize("status", [401, 404, 410])
def test_however_a_file_host_says_so_an_address_that_is_no_longer_good_is_asked_for_again(
    desk: Desk, emulator: Emulated, status: int
) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("status", status=status, path="/export_data/*")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.text
    assert (emulator.creations(), len(emulator.downloads())) == (1, 2)


def test_who_asks_for_more_is_told_how_old_each_crawl_is(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("/crawl?analysisSlug=20250413", ""))
    age = re.compile(r"crawl 20250413, [\d,]+ days old")
    planned = desk.bqlrun("plan", "spec.yaml", "-v")
    assert age.search(planned.err)
    assert not age.search(desk.bqlrun("plan", "spec.yaml").text)
    ran = desk.bqlrun("run", "spec.yaml", "--log-format", "json")
    [event] = [event for event in map(json.loads, ran.err.splitlines()) if event["event"] == "planned"]
    assert event["crawl"] == "20250413"
    assert event["crawl_age_days"] > 365
    assert age.search(desk.bqlrun("run", "spec.yaml", "-v").err)


def test_two_specs_that_name_one_path_do_not_overwrite_each_other(desk: Desk, emulator: Emulated) -> None:
    desk.write("one.yaml", SPEC.replace("name: test", "name: one"))
    # Which crawl is the latest only the API knows: `validate` could not see it.
    two = SPEC.replace("name: test", "name: two").replace("url, title, h1", "url, h1")
    desk.write("two.yaml", two.replace("?analysisSlug=20250413", ""))
    ran = desk.bqlrun("run", "one.yaml", "two.yaml")
    assert ran.code == 2, ran.text
    whose = "export titles of example-org/example.com in the spec one (tell them apart in `output.path`, or remove that"
    assert f"downloads/example-org/example.com/20250413/titles.csv is the file of {whose}" in ran.text
    assert emulator.creations() == 1


def test_nor_do_they_in_commands_that_were_started_together(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("delay", seconds=1.5, method="POST", path="/v1/jobs", times=2)
    desk.write("one.yaml", SPEC.replace("name: test", "name: one"))
    desk.write("two.yaml", SPEC.replace("name: test", "name: two").replace("url, title, h1", "url, h1"))
    runs = [desk.start("run", spec) for spec in ("one.yaml", "two.yaml")]
    texts = ["".join(each.communicate(timeout=60)) for each in runs]
    assert sorted(each.returncode for each in runs) == [0, 2], texts
    assert any(
        "titles.csv is the file of export titles of example-org/example.com in the spec" in text for text in texts
    )
    assert emulator.creations() == 1


def test_nor_do_they_where_both_were_paid_for_before_either_was_there(desk: Desk, emulator: Emulated) -> None:
    specs = {"one": SPEC, "two": SPEC.replace("url, title, h1", "url, h1")}
    for name, spec in specs.items():
        desk.write(f"{name}.yaml", spec.replace("name: test", f"name: {name}"))
        assert desk.bqlrun("run", f"{name}.yaml", "--no-wait", "--state", f".bqlrun/{name}.db").code == 0
    assert desk.bqlrun("run", "one.yaml", "--state", ".bqlrun/one.db").code == 0
    before = desk.files()
    ran = desk.bqlrun("run", "two.yaml", "--state", ".bqlrun/two.db")
    assert (ran.code, desk.files()) == (2, before), ran.text
    assert "titles.csv is the file of export titles of example-org/example.com in the spec one" in ran.text
    desk.write("two.yaml", (desk.folder / "two.yaml").read_text() + "output: {path: elsewhere}\n")
    assert desk.bqlrun("run", "two.yaml", "--state", ".bqlrun/two.db").code == 0
    assert desk.files()["elsewhere.csv"].count(b"\n") == 101
    assert emulator.creations() == 2


def test_nor_do_they_where_one_places_its_file_while_the_other_looks(desk: Desk) -> None:
    desk.write("one.yaml", SPEC.replace("name: test", "name: one"))
    desk.write("two.yaml", SPEC.replace("name: test", "name: two").replace("url, title, h1", "url, h1"))
    assert desk.bqlrun("run", "one.yaml", "--state", ".bqlrun/one.db").code == 0
    there = desk.files()
    folder = desk.folder / "downloads/example-org/example.com/20250413"
    for name in there:
        (desk.folder / "downloads" / name).unlink()
    with occupied(folder):
        process = desk.start("run", "two.yaml", "--state", ".bqlrun/two.db")
        until(lambda: any((desk.folder / ".bqlrun").rglob("*.staged")) or any(folder.iterdir()))
        assert_still(folder)
        for name, body in there.items():
            (desk.folder / "downloads" / name).write_bytes(body)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, desk.files()) == (2, there), out + err
    assert "titles.csv is the file of export titles of example-org/example.com in the spec one" in out + err


def test_who_waits_for_another_to_place_its_file_can_be_told_to_leave(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    folder = desk.folder / "downloads/example-org/example.com/20250413"
    with occupied(folder):
        process = desk.start("run", "spec.yaml")
        until(lambda: any((desk.folder / ".bqlrun").rglob("*.staged")))
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 143
    assert desk.bqlrun("run", "spec.yaml").code == 0


@pytest.mark.parametrize("fresh", [False, True])
def test_nor_do_they_in_commands_that_know_nothing_of_each_other(desk: Desk, emulator: Emulated, fresh: bool) -> None:
    desk.write("one.yaml", SPEC.replace("name: test", "name: one"))
    desk.write("two.yaml", SPEC.replace("name: test", "name: two").replace("url, title, h1", "url, h1"))
    assert desk.bqlrun("run", "one.yaml").code == 0
    before = desk.files()
    # Without the state file the manifest beside the file says whose it is.
    state = ("--state", ".bqlrun/fresh.db") if fresh else ()
    for command in ("plan", "run"):
        ran = desk.bqlrun(command, "two.yaml", *state)
        assert "titles.csv is the file of export titles of example-org/example.com in the spec one" in ran.text
    assert (ran.code, emulator.creations(), desk.files()) == (2, 1, before)
    (desk.folder / "downloads/example-org/example.com/20250413/titles.csv").unlink()
    assert desk.bqlrun("run", "two.yaml", *state).code == 0


def test_what_another_command_has_paid_for_and_not_fetched_keeps_its_place(desk: Desk, emulator: Emulated) -> None:
    desk.write("one.yaml", SPEC.replace("name: test", "name: one"))
    desk.write("two.yaml", SPEC.replace("name: test", "name: two").replace("url, title, h1", "url, h1"))
    assert desk.bqlrun("run", "one.yaml", "--no-wait").code == 0
    assert desk.bqlrun("run", "two.yaml").code == 2
    assert desk.bqlrun("run", "one.yaml").code == 0
    assert emulator.creations() == 1


def test_an_export_that_is_asked_otherwise_replaces_its_own_file(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    desk.write("spec.yaml", SPEC.replace("url, title, h1", "url, h1"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    renamed = SPEC.replace("name: test", "name: renamed").replace("url, title, h1", "url, h1")
    desk.write("renamed.yaml", renamed + "output: {header: none}\n")
    assert desk.bqlrun("run", "renamed.yaml").code == 0
    assert emulator.creations() == 2
