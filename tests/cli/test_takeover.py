"""Coming from Pipulate: the jobs of its registry are known by what they asked for, and not paid for again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import until

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

SPEC = """
version: 1
name: crawls
limits: {requests_per_second: 400}
poll: {first: 0.1, max: 0.5}
projects: [https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413]
exports:
  - {name: titles, fields: [url, {field: title, name: Title}], depth: {max: 1}}
"""
KEY = "example-org_example.com_20250413_depth_1"
PAYLOAD = {
    "username": "example-org",
    "project": "example.com",
    "connector": "direct_download",
    "formatter": "csv",
    "export_size": 1_000_000,
    "query": {
        "collections": ["crawl.20250413"],
        "query": {
            "dimensions": ["crawl.20250413.url", "crawl.20250413.metadata.title.content"],
            "metrics": [],
            "filters": {"field": "crawl.20250413.depth", "predicate": "lte", "value": 1},
            "sort": [0],
        },
    },
}


def paid_elsewhere(emulator: Emulated) -> str:
    """A job that another client asked for, in its own words."""
    created = emulator.call("POST", "/v1/jobs", {"job_type": "export", "payload": PAYLOAD})
    return str(created["job_id"])


def registry(desk: Desk, job_id: str, **more: Any) -> None:
    job = {"job_url": f"/v1/jobs/{job_id}", "job_id": job_id, "status": "DONE", **more}
    desk.write("export_registry.json", json.dumps({KEY: [job]}))


def test_a_run_uses_the_job_that_was_imported_and_importing_twice_changes_nothing(
    desk: Desk, emulator: Emulated
) -> None:
    desk.write("crawls.yaml", SPEC)
    registry(desk, paid_elsewhere(emulator))
    for fate in ("taken", "known"):
        imported = desk.bqlrun("state", "import", "export_registry.json", "--json")
        assert imported.code == 0, imported.err
        assert imported.json["totals"] == {fate: 1}
    assert emulator.creations() == 1
    assert desk.bqlrun("run", "crawls.yaml", "--no-adopt").code == 0
    assert emulator.creations() == 1
    assert desk.files()["example-org/example.com/20250413/titles.csv"].startswith(b"url,Title\n")


def test_a_job_that_does_not_tell_is_mapped_by_hand(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("echo", mode="none", times=0)
    desk.write("crawls.yaml", SPEC)
    registry(desk, paid_elsewhere(emulator))
    silent = desk.bqlrun("state", "import", "export_registry.json")
    assert silent.code == 1
    assert f"`--map {KEY}=EXPORT`" in silent.out
    mapped = desk.bqlrun("state", "import", "export_registry.json", "crawls.yaml", "--map", f"{KEY}=titles", "--json")
    assert mapped.json["totals"] == {"taken": 1}, mapped.text
    assert desk.bqlrun("run", "crawls.yaml").code == 0
    assert emulator.creations() == 1


def test_the_file_of_a_job_that_is_gone_is_checked_and_placed(desk: Desk, emulator: Emulated) -> None:
    desk.write("crawls.yaml", SPEC)
    assert desk.bqlrun("run", "crawls.yaml").code == 0
    [file] = [data for name, data in desk.files().items() if name.endswith(".csv")]
    other = type(desk)(desk.folder / "other", desk.environ)
    other.write("crawls.yaml", SPEC)
    other.write("old/crawl.csv", file.decode())
    registry(other, "999", local_file="old/crawl.csv")
    arguments = ("state", "import", "export_registry.json", "crawls.yaml", "--map", f"{KEY}=titles", "--json")
    placed = other.bqlrun(*arguments)
    assert placed.json["totals"] == {"placed": 1}, placed.text
    emulator.call("DELETE", "/_emulator/requests")
    assert "nothing was left to do" in other.bqlrun("run", "crawls.yaml").out
    assert emulator.creations() == 0
    assert other.files()["example-org/example.com/20250413/titles.csv"] == file


def test_a_file_that_is_not_the_whole_export_is_refused(desk: Desk) -> None:
    desk.write("crawls.yaml", SPEC)
    desk.write("old.csv", "url,Title\nhttps://example.com/,Home\n")
    registry(desk, "999", local_file="old.csv")
    refused = desk.bqlrun("state", "import", "export_registry.json", "crawls.yaml", "--map", f"{KEY}=titles")
    assert refused.code == 1
    assert "the file has 1 rows, and the API counts 10" in refused.out
    assert not list((desk.folder / "downloads").rglob("*.csv"))


def test_a_failed_job_and_one_without_anything_left_are_said(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("job_failed")
    failed = paid_elsewhere(emulator)
    until(lambda: emulator.jobs()[0]["job_status"] == "FAILED")
    registry(desk, "999")
    assert desk.bqlrun("state", "import", "export_registry.json", "--json").json["totals"] == {"gone": 1}
    registry(desk, failed)
    assert desk.bqlrun("state", "import", "export_registry.json", "--json").json["totals"] == {"failed": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no registry: it is not JSON"),
        ("[]", "is no registry: it is no object"),
        ('{"a_b": 5}', "'a_b' holds no list of jobs"),
        ('{"a_b": [{"status": "DONE"}]}', "a job of 'a_b' has no job_id"),
    ],
)
def test_what_is_no_registry_is_said_in_one_line(quiet_desk: Desk, text: str, said: str) -> None:
    quiet_desk.write("export_registry.json", text)
    wrong = quiet_desk.bqlrun("state", "import", "export_registry.json")
    assert wrong.code == 2
    assert said in wrong.err
    assert wrong.err.count("\n") == 1
