"""Exports whose rows are not the crawl's pages: sized by their own query, in the plan, before anything is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import TOKEN, Desk, Emulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORLD = """
tokens: {emulator: [example-org]}
organisations:
  example-org:
    example.com:
      analyses: [{slug: 20250413, depths: [1, 9, 40, 30], without_depth: 2}]
      search_console: {start: 2025-03-01, end: 2025-04-30, rows_per_day: 30}
behaviour: {job_seconds: 0}
"""
PAGES, LIMIT = 82, 150
# `answered` looks at where the page is and at what it answered; `blind` takes all pages, whatever it is told.
TEMPLATE = """
{"collections": {{ collections | tojson }},
 "query": {"dimensions": {{ dimensions | tojson }}, "metrics": [], "filters": %s}}
"""
ANSWERED = """{"and": [{"field": "{{ collection }}.http_code", "predicate": "eq", "value": 200}
  {%- if where %}, {{ where | tojson }}{% endif %}]}"""
BLIND = '{"field": "{{ collection }}.url", "predicate": "exists"}'
HEAD = f"""
version: 1
name: own
limits: {{requests_per_second: 500, rows_per_export: {LIMIT}}}
poll: {{first: 0.05, max: 0.2}}
projects: [{{org: example-org, project: example.com, analysis: 20250413}}]
exports:
"""
EDGES = "fields: [url, outlinks_internal.graph.url]"
SPEC = f"""{HEAD}
  - {{name: groups, fields: [http_code]}}
  - {{name: edges, {EDGES}}}
  - {{name: edges-near, {EDGES}, depth: {{max: 1}}}}
  - {{name: edges-parts, {EDGES}, depth: split}}
  - {{name: words, template: crawl_with_search_console, fields: [url, search_console.keyword],
      periods: [[2025-04-01, 2025-04-13]]}}
  - {{name: own, template: answered.j2, fields: [url]}}
  - {{name: own-parts, template: answered.j2, fields: [url], depth: split}}
  - {{name: sums, template: aggregate, fields: [http_code], depth: all}}
"""


@pytest.fixture(scope="module")
def api(botify_of: Callable[[str], Emulated]) -> Emulated:
    return botify_of(WORLD)


@pytest.fixture
def desk(api: Emulated, tmp_path: Path) -> Desk:
    api.heal()
    desk = Desk(tmp_path, {"BOTIFY_API_URL": api.url, "BOTIFY_API_TOKEN": TOKEN})
    desk.write("answered.j2", TEMPLATE % ANSWERED)
    desk.write("blind.j2", TEMPLATE % BLIND)
    return desk


def planned(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in desk.bqlrun("plan", "s.yaml", "--json").json["exports"]:
        lines.setdefault(line["export"], []).append(line)
    return lines


def test_what_the_plan_counts_is_what_the_files_have(desk: Desk) -> None:
    desk.write("s.yaml", SPEC)
    plan = {name: sum(line["rows"] for line in lines) for name, lines in planned(desk).items()}
    run = {line["export"]: line for line in desk.bqlrun("run", "s.yaml", "--json").json["exports"]}
    assert {name: (line["status"], line["rows"]) for name, line in run.items()} == {
        name: ("done", rows) for name, rows in plan.items()
    }
    assert plan["groups"] < plan["own"] < PAGES < plan["edges-parts"]
    assert plan["edges"] <= LIMIT < plan["edges-parts"]
    assert plan["own"] < plan["words"]


def test_max_safe_goes_no_deeper_than_the_rows_fit(desk: Desk) -> None:
    columns = "fields: [url, depth, outlinks_internal.graph.url]"
    desk.write("s.yaml", f"{HEAD}  - {{name: edges, {columns}}}\n")
    [line] = planned(desk)["edges"]
    deeper = int(line["depth"]) + 1
    assert f"depth {deeper} would have brought" in line["reason"]
    assert "counted by its own query" in line["reason"]
    desk.write("s.yaml", f"{HEAD}  - {{name: edges, {columns}, depth: {{max: {deeper}}}}}\n")
    [line] = planned(desk)["edges"]
    assert line["action"] == "refuse"
    assert f"an export takes {LIMIT}" in line["reason"]


def test_groups_fit_however_many_pages_they_are_of(desk: Desk) -> None:
    text = HEAD.replace(f"rows_per_export: {LIMIT}", "rows_per_export: 20")
    desk.write("s.yaml", f"{text}  - {{name: sums, template: aggregate, fields: [http_code], depth: {{max: 9}}}}\n")
    [line] = planned(desk)["sums"]
    assert line["action"] == "submit"
    assert 0 < line["rows"] <= 20


@pytest.mark.parametrize("columns", ["template: blind.j2, fields: [url]", "fields: [http_code]"])
def test_parts_that_do_not_add_up_are_refused_before_anything_is_paid(desk: Desk, api: Emulated, columns: str) -> None:
    text = HEAD.replace(f"rows_per_export: {LIMIT}", f"rows_per_export: {PAGES}")
    desk.write("s.yaml", f"{text}  - {{name: it, {columns}, depth: split}}\n")
    [line] = planned(desk)["it"]
    assert line["action"] == "submit", "one part is the whole, whatever it filters by"
    desk.write("s.yaml", f"{text}  - {{name: it, {columns}, depth: split}}\n".replace(f"export: {PAGES}", "export: 45"))
    before = len(api.jobs())
    result = desk.bqlrun("run", "s.yaml")
    assert result.code == 1
    assert len(api.jobs()) == before
    assert "in all" in result.text or "one of its parts has" in result.text


def test_a_count_of_a_finished_crawl_is_asked_for_once(desk: Desk, api: Emulated) -> None:
    desk.write("s.yaml", f"{HEAD}  - {{name: own, template: answered.j2, fields: [url]}}\n")
    assert desk.bqlrun("run", "s.yaml").code == 0
    api.call("DELETE", "/_emulator/requests")
    assert desk.bqlrun("run", "s.yaml").code == 0
    assert not api.requests("POST")
