"""`mode: list`: the same files as an export's, page by page, with no job and at no cost."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Desk, Emulated

WORLD = """
organisations:
  example-org:
    example.com:
      analyses: [{slug: 20250413, depths: [1, 60, 4000, 9000], without_depth: 5}]
      logs: {start: 2025-03-01, end: 2025-04-30, rows_per_day: 500}
      search_console: {start: 2025-03-01, end: 2025-04-30, rows_per_day: 500}
tokens: {emulator: [example-org]}
behaviour: {job_seconds: 0.2}
"""
HEAD = """
version: 1
name: listed
limits: {requests_per_second: 200}
poll: {first: 0.1, max: 0.5, timeout: 60}
projects: [{org: example-org, project: example.com, analysis: 20250413}]
exports:
"""
EXPORTS = {
    "pages": "fields: [url, title, h1, depth, compliant, pagerank, load_time, date_crawled], depth: {max: 2}",
    "types": "template: aggregate, fields: [pagetype], metrics: [count_urls_crawl, {avg: load_time}]",
    "links": "template: link_graph, depth: {max: 1}",
    "searched": "template: search_console, periods: [[2025-04-01, 2025-04-05]]",
    "logs": "template: web_logs, periods: [[2025-04-01, 2025-04-05]]",
    "older": "template: legacy_urls, fields: [url, http_code, metadata.title.len], depth: {max: 2}",
}


@pytest.fixture
def emulator(botify_of: Callable[[str], Emulated]) -> Emulated:
    return botify_of(WORLD)


def spec(mode: str, *names: str) -> str:
    return HEAD + "".join(f"  - {{name: {name}, mode: {mode}, {EXPORTS[name]}}}\n" for name in names)


def table(desk: Desk, folder: str, name: str) -> list[list[str]]:
    text = desk.files(folder)[f"example-org/example.com/20250413/{name}.csv"].decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_every_kind_of_data_is_the_same_as_by_a_job_and_costs_nothing(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", spec("list", *EXPORTS))
    planned = desk.bqlrun("plan", "spec.yaml", "--json").json
    assert {export["action"] for export in planned["exports"]} == {"download"}
    assert (planned["totals"]["jobs"], planned["totals"]["credits"]) == (0, 0)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.text
    assert emulator.requests("POST", "/v1/jobs") == []
    assert emulator.downloads() == []
    assert [export["job_ids"] for export in ran.json["exports"]] == [[]] * len(EXPORTS)
    desk.write("paid.yaml", spec("export", *EXPORTS).replace("name: listed", "name: paid\noutput: {dir: paid}"))
    paid = desk.bqlrun("run", "paid.yaml")
    assert paid.code == 0, paid.text
    for name in EXPORTS:
        listed, exported = table(desk, "downloads", name), table(desk, "paid", name)
        assert listed[0] == exported[0]
        assert sorted(listed) == sorted(exported), name
    assert len(table(desk, "downloads", "pages")) - 1 == 4061


def test_a_second_run_does_nothing_and_a_lost_file_is_fetched_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", spec("list", "pages"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    manifest = json.loads(desk.files()["example-org/example.com/20250413/pages.manifest.json"])
    assert (manifest["job_ids"], manifest["rows"]) == ([], 4061)
    asked = len(emulator.requests("POST"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.requests("POST")) == asked
    (desk.folder / "downloads/example-org/example.com/20250413/pages.csv").unlink()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(table(desk, "downloads", "pages")) - 1 == 4061
    assert emulator.creations() == 0


def test_more_rows_than_pages_are_meant_for_are_refused(desk: Desk) -> None:
    desk.write("spec.yaml", HEAD + "  - {name: all, mode: list, fields: [url]}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "it has 13,061 rows, and `mode: list` takes 10,000" in ran.err
    assert desk.files() == {}


def test_nothing_is_split_without_jobs(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", HEAD + "  - {name: all, mode: list, fields: [url], depth: split}\n")
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 2
    assert "`mode: list` creates no jobs" in ran.out


def test_a_page_that_is_not_answered_is_asked_for_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", spec("list", "pages"))
    emulator.fault("status", method="POST", path="/v1/projects/*/query", status=503, skip=3)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.text
    assert len(table(desk, "downloads", "pages")) - 1 == 4061
