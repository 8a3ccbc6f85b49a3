"""Kinds of data that have jobs of their own: web logs and the older export. Adopted, recovered and never paid twice."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Desk, Emulated

WORLD = """
organisations:
  example-org:
    example.com:
      analyses:
        - {slug: 20250413, depths: [1, 9, 90], without_depth: 3}
        - {slug: 20250401, depths: [1, 9, 50], shift: 20}
      logs: {start: 2025-03-01, end: 2025-04-30, rows_per_day: 50}
    example.fr: {analyses: [{slug: 20250413, depths: [1, 20]}]}
    logs.example: {analyses: [], logs: {start: 2025-03-01, end: 2025-04-30, rows_per_day: 50}}
tokens: {emulator: [example-org]}
behaviour: {job_seconds: 0.2}
"""
HEAD = """
version: 1
name: kinds
limits: {requests_per_second: 200}
poll: {first: 0.1, max: 0.5, timeout: 60}
projects: [{org: example-org, project: example.com, analysis: 20250413}]
exports:
"""
LOGS = f"{HEAD}  - {{name: it, template: web_logs, periods: [[2025-04-01, 2025-04-05]]}}\n"
OLDER = f"{HEAD}  - {{name: it, template: legacy_urls, fields: [http_code, title_length], depth: {{max: 2}}}}\n"
JOBS, EXPORTS = "/v1/jobs", "/v1/analyses/example-org/example.com/20250413/urls/export"
KINDS = pytest.mark.parametrize(("spec", "path"), [(LOGS, JOBS), (OLDER, EXPORTS)], ids=["logs", "older"])


@pytest.fixture
def emulator(botify_of: Callable[[str], Emulated]) -> Emulated:
    return botify_of(WORLD)


def created(emulator: Emulated, path: str) -> int:
    return len(emulator.requests("POST", path))


def rows(desk: Desk) -> list[list[str]]:
    [text] = [body.decode() for path, body in desk.files().items() if path.endswith(".csv")]
    return list(csv.reader(io.StringIO(text, newline="")))


@KINDS
def test_a_second_run_and_a_fresh_state_file_pay_nothing(desk: Desk, emulator: Emulated, spec: str, path: str) -> None:
    desk.write("spec.yaml", spec)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    before = desk.files()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    ran = desk.bqlrun("run", "spec.yaml", "--state", "other.db", "--json")
    assert ran.code == 0, ran.text
    assert created(emulator, path) == 1
    assert "adopted" in ran.err
    assert {name: body for name, body in desk.files().items() if name in before and name.endswith("csv")}


@KINDS
@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_an_unknown_outcome_is_looked_into_and_never_paid_twice(
    desk: Desk, emulator: Emulated, spec: str, path: str, fault: str
) -> None:
    desk.write("spec.yaml", spec)
    emulator.fault(fault, path=path)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.text
    assert ("recovered" in ran.err) == (fault == "reset_after")
    assert created(emulator, path) == (1 if fault == "reset_after" else 2)


def test_an_older_export_whose_jobs_repeat_nothing_is_not_submitted_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", OLDER)
    emulator.fault("echo", path=EXPORTS, mode="none")
    emulator.fault("reset_after", path=EXPORTS)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1, ran.text
    assert "cannot be told" in ran.err
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1, ran.text
    assert created(emulator, EXPORTS) == 1


@pytest.mark.parametrize("status", [400, 429])
def test_where_older_exports_run_one_at_a_time_the_other_one_is_waited_for(
    desk: Desk, emulator: Emulated, status: int
) -> None:
    # No source says with which status the codes 1052 and 1058 come.
    desk.write("spec.yaml", OLDER)
    emulator.fault("status", status=status, code=1052, path=EXPORTS, method="POST")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.text
    assert created(emulator, EXPORTS) == 2
    assert len(rows(desk)) == 101


def test_an_older_export_has_the_rows_of_the_crawl_and_one_header(desk: Desk) -> None:
    # Its file begins with `sep=,` and names that only the API knows; url is not among them.
    desk.write("spec.yaml", OLDER)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    table = rows(desk)
    assert table[0] == ["http_code", "metadata.title.len"]
    assert len(table) - 1 == 100
    [export] = desk.bqlrun("status", "--json").json["exports"]
    assert export["job_ids"] == [f"{EXPORTS.removeprefix('/v1/')}/{export['job_ids'][0].rpartition('/')[2]}"]


def test_more_rows_than_the_older_export_takes_are_refused_before_anything_is_sent(
    desk: Desk, emulator: Emulated
) -> None:
    desk.write("spec.yaml", OLDER.replace("requests_per_second: 200", "requests_per_second: 200, rows_per_export: 50"))
    [export] = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    assert export["action"] == "refuse"
    assert "100 rows" in export["reason"]
    assert created(emulator, EXPORTS) == 0


def test_web_logs_need_no_crawl(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", LOGS.replace("project: example.com, analysis: 20250413", "project: logs.example"))
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.text
    [export] = ran.json["exports"]
    assert export["analysis"] == "20250405"
    page: Any = emulator.call(
        "POST", "/v1/logs/example-org/logs.example/urls/20250401/20250405?size=1", {"fields": ["url"]}
    )
    assert export["rows"] == page["count"] > 0


def test_a_project_without_logs_is_refused_before_anything_is_paid(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", LOGS.replace("example.com", "example.fr"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "the project has no logs" in ran.err
    assert created(emulator, JOBS) == 0


def test_days_counted_back_from_a_crawl_need_one(desk: Desk) -> None:
    spec = LOGS.replace("project: example.com, analysis: 20250413", "project: logs.example")
    desk.write("spec.yaml", spec.replace("[2025-04-01, 2025-04-05]", "{last_days: 5}"))
    ran = desk.bqlrun("plan", "spec.yaml")
    assert ran.code == 1
    assert "there is no finished crawl" in ran.out


COMPARED = f"{HEAD}  - {{name: it, template: crawl_comparison, depth: {{max: 2}}}}\n"


def test_a_crawl_is_compared_with_the_one_before_it(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", COMPARED)
    [export] = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    assert export["payload"]["query"]["collections"] == ["crawl.20250413", "crawl.20250401"]
    assert export["rows"] == 100
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert rows(desk)[0] == ["url", "depth", "comparison.depth", "http_code", "comparison.http_code"]
    assert len(rows(desk)) - 1 == 100
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert created(emulator, JOBS) == 1


def test_all_pages_of_a_compared_crawl_are_those_of_the_first(desk: Desk) -> None:
    desk.write("spec.yaml", COMPARED.replace("{max: 2}", "all"))
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.text
    assert [export["rows"] for export in ran.json["exports"]] == [103]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (COMPARED.replace("analysis: 20250413", "analysis: 20250401"), "there is no finished crawl before 20250401"),
        (COMPARED.replace("example.com", "example.fr"), "there is no finished crawl before 20250413"),
        (
            COMPARED.replace(
                "{org: example-org, project: example.com, analysis: 20250413}",
                "'https://app.botify.com/example-org/example.com/"
                "?analysisSlug=20250413&comparisonAnalysisSlug=20240101'",
            ),
            "there is no finished crawl 20240101 (finished ones are",
        ),
        (
            COMPARED.replace(
                "{org: example-org, project: example.com, analysis: 20250413}",
                "'https://app.botify.com/example-org/example.com/"
                "?analysisSlug=20250413&comparisonAnalysisSlug=20250413'",
            ),
            "20250413 cannot be compared with itself",
        ),
    ],
)
def test_where_there_is_nothing_to_compare_with_it_is_said(
    desk: Desk, emulator: Emulated, spec: str, said: str
) -> None:
    desk.write("spec.yaml", spec)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert said in ran.text
    assert created(emulator, JOBS) == 0
