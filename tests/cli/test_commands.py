"""The other commands, as processes: what they print, and what they do not do."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runner.cli import status
from runner.cli.main import main
from tests.cli.test_run import SPEC
from tests.cli.test_waiting import MANY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Desk, Emulated

EXPORT_KEYS = set(
    "org project analysis export partition labels depth rows credits action reason job payload path".split()
)


def test_a_plan_says_what_why_and_what_it_costs_and_creates_nothing(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC + "  - {name: edges, template: link_graph, depth: {max: 1}}\n")
    plan = desk.bqlrun("plan", "spec.yaml", "--json").json
    titles, edges = plan["exports"]
    assert set(titles) == EXPORT_KEYS
    assert (titles["action"], titles["depth"], titles["rows"], titles["credits"]) == ("submit", "2", 100, 100)
    assert edges["credits"] == round(edges["rows"] / 10, 1)
    assert plan["totals"] == {
        "exports": 2,
        "jobs": 2,
        "rows": 100 + edges["rows"],
        "credits": round(100 + edges["credits"], 1),
    }
    assert emulator.creations() == 0
    assert "a run creates 2 jobs" in desk.bqlrun("plan", "spec.yaml").out


def test_a_look_at_the_embedded_emulator_makes_a_folder_for_the_user_alone(quiet_desk: Desk) -> None:
    assert quiet_desk.bqlrun("analyses", "example-org/example.com", "--api-url", "emulator").code == 0
    assert stat.S_IMODE((quiet_desk.folder / ".bqlrun").stat().st_mode) == 0o700


def test_what_is_kept_of_a_crash_is_for_the_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(_: object) -> int:
        raise RuntimeError("never thought of")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(status, "execute", crash)
    assert main(["status"]) == 1
    told = capsys.readouterr().err
    assert "something unexpected went wrong: RuntimeError. Please report it with .bqlrun/crash.log" in told
    assert "Traceback" not in told
    log = tmp_path / ".bqlrun" / "crash.log"
    assert "never thought of" in log.read_text()
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
    kept = log.rename(tmp_path / "precious").read_text()
    log.symlink_to(tmp_path / "precious")
    assert main(["status"]) == 1
    assert (tmp_path / "precious").read_text() == kept


def test_a_plan_after_a_run_skips_what_is_done(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    plan = desk.bqlrun("plan", "spec.yaml", "--json").json
    assert [(export["action"], export["credits"]) for export in plan["exports"]] == [("skip", 0)]
    assert plan["totals"]["jobs"] == 0


def test_a_plan_refuses_what_does_not_fit_and_exits_1(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, rows_per_export: 50}"))
    ran = desk.bqlrun("plan", "spec.yaml")
    assert ran.code == 1
    assert "has 100 rows, and an export takes 50" in ran.out


def test_max_safe_says_what_one_depth_more_would_have_brought(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, rows_per_export: 120}").replace("{max: 2}", "max_safe"))
    [export] = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    assert (export["depth"], export["rows"]) == ("2", 100)
    assert "depth 3 would have brought 500" in export["reason"]


def test_a_plan_warns_of_pages_without_a_depth(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("example.com", "example.fr"))
    [export] = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    assert "7 rows have no depth" in export["reason"]


def test_render_needs_no_network_and_is_exact_where_the_spec_is(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC + "  - {name: deep, fields: [url], analysis: latest}\n")
    ran = quiet_desk.bqlrun("render", "spec.yaml")
    assert ran.code == 0
    exact, deep = ran.json["exports"]
    assert exact["payload"]["query"]["query"]["filters"]["value"] == 2
    assert deep["payload"]["query"]["query"]["filters"]["value"] == "<depth: max_safe>"


def test_render_marks_the_crawl_that_only_the_api_knows(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC.replace("/crawl?analysisSlug=20250413", ""))
    [export] = quiet_desk.bqlrun("render", "spec.yaml").json["exports"]
    assert export["analysis"] == "<analysis: latest>"
    assert export["payload"]["query"]["collections"] == ["crawl.<analysis: latest>"]


def test_status_knows_what_was_done_and_makes_no_state_file(desk: Desk) -> None:
    assert "nothing was exported yet" in desk.bqlrun("status").out
    assert not (desk.folder / ".bqlrun").exists()
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    status = desk.bqlrun("status", "--json").json
    assert [(export["export"], export["status"], export["rows"]) for export in status["exports"]] == [
        ("titles", "done", 100)
    ]
    assert "titles.csv" in desk.bqlrun("status").out


def test_the_schema_is_printed_as_it_is(quiet_desk: Desk) -> None:
    assert json.loads(quiet_desk.bqlrun("schema").out)["title"]


def test_validate_says_that_all_is_well_on_stderr(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC)
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert (ran.code, ran.out) == (0, "")
    assert "spec.yaml: valid (1 project, 1 export)" in ran.err
    assert quiet_desk.bqlrun("validate", "spec.yaml", "--json").json == {"problems": []}


def test_validate_gives_machines_file_line_and_column(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC.replace("version: 1", "version: 7"))
    ran = quiet_desk.bqlrun("validate", "spec.yaml", "--json")
    assert ran.code == 2
    [problem] = ran.json["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == ("spec.yaml", 2, 10)


def test_an_emulator_of_ones_own_announces_itself(quiet_desk: Desk) -> None:
    process = quiet_desk.start("emulator")
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=10)


def loaded_by(arguments: list[str], folder: Path) -> set[str]:
    """The modules that a command has loaded at its end."""
    script = """
import sys
from runner.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as left:
    code = left.code
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
    command = [sys.executable, "-c", script, *arguments]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    return set(ran.stderr.split())


HEAVY = {"httpx", "jsonschema", "jinja2", "duckdb", "anyio"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["status", "-q"]])
def test_light_commands_load_no_heavy_library(arguments: list[str], tmp_path: Path) -> None:
    assert not loaded_by(arguments, tmp_path) & (HEAVY | {"yaml", "typing", "dataclasses", "json"})


def test_a_valid_spec_is_told_so_without_heavy_libraries(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC)
    assert not loaded_by(["validate", "spec.yaml"], quiet_desk.folder) & HEAVY


def test_a_plan_of_more_jobs_than_a_day_usually_allows_warns(desk: Desk) -> None:
    desk.write("spec.yaml", MANY)
    assert "warning" not in desk.bqlrun("plan", "spec.yaml").err
    more = "".join(f"  - {{name: f{n}, fields: [url, depth], depth: {{max: {n}}}}}\n" for n in range(11))
    desk.write("spec.yaml", MANY + more)
    warned = desk.bqlrun("plan", "spec.yaml")
    assert warned.code == 0
    assert "creates 51 jobs, and Botify's usual quota is 50 a day" in warned.err


def test_a_plan_adds_up_what_each_label_costs(desk: Desk) -> None:
    spec = SPEC.replace(
        "  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413",
        "  - {org: example-org, project: example.com, labels: [retail, com]}\n"
        "  - {org: example-org, project: example.fr, labels: [retail]}",
    )
    desk.write("spec.yaml", spec + "  - {name: edges, template: link_graph, depth: {max: 1}, where: {labels: [com]}}\n")
    plan = desk.bqlrun("plan", "spec.yaml", "--json").json
    edges = next(each for each in plan["exports"] if each["export"] == "edges")
    assert plan["totals"]["labels"] == {
        "com": {"exports": 2, "jobs": 2, "rows": 100 + edges["rows"], "credits": round(100 + edges["credits"], 1)},
        "retail": {"exports": 3, "jobs": 3, "rows": 121 + edges["rows"], "credits": round(121 + edges["credits"], 1)},
    }
