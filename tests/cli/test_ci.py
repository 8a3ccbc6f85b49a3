"""What CI servers are told: JUnit's XML, GitHub's annotations and summary, and the workflow that `init` writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from runner import __version__
from runner.errors import ExportError
from runner.run.outcome import Outcome, RunResult
from runner.run.record import submitted_record
from runner.show.github import error_line, run_summary
from runner.show.junit import junit_xml
from runner.spec.problem import Place
from tests.accounts import planned, wanted
from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from runner.state.moments import Phase
    from tests.harness import Desk, Emulated


# The attributes that the elements of a result may have (junit-10.xsd of Jenkins' xUnit plugin).
COUNTS = {"name", "tests", "failures", "errors", "time"}
JENKINS = {
    "testsuites": COUNTS,
    "testsuite": COUNTS | {"skipped", "timestamp", "hostname", "id", "package"},
    "testcase": {"name", "time", "classname"},
    "failure": {"type", "message"},
    "skipped": {"type", "message"},
}


@pytest.fixture
def actions(desk: Desk) -> Path:
    """The desk as a step of a workflow; the file that its summary goes to."""
    desk.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(desk.folder / "summary.md"),
        "GITHUB_WORKSPACE": str(desk.folder.parent),
    }
    return desk.folder / "summary.md"


def test_junit_has_a_case_for_each_export_and_a_failures_words(desk: Desk) -> None:
    more = """  - {name: too-many, fields: [url], depth: all}
  - {name: 'a "<&', fields: [url], depth: {max: 1}}
"""
    desk.write("spec.yaml", SPEC.replace("200}", "200, rows_per_export: 300, exports_per_day: 1}") + more)
    ran = desk.bqlrun("run", "spec.yaml", "--junit", "results/junit.xml")
    assert ran.code == 1, ran.text
    root = ET.parse(desk.folder / "results/junit.xml").getroot()  # noqa: S314  our own
    assert root.tag == "testsuites"
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert set(cases) == {"20250413:titles", "20250413:too-many", '20250413:a "<&'}
    assert {case.attrib["classname"] for case in cases.values()} == {"example-org/example.com"}
    failure = cases["20250413:too-many"].find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "PlanRefused"
    assert "the whole crawl has 500 rows" in failure.attrib["message"]
    [suite] = root
    for element in root.iter():
        assert element.attrib.keys() <= JENKINS[element.tag], "Jenkins refuses what its schema does not know"
        assert {"name", "tests", "failures", "errors"} & JENKINS[element.tag] <= element.attrib.keys() | {"skipped"}
    done = next(case for case in cases.values() if len(case) == 0)
    assert 0 < float(done.attrib["time"]) <= float(suite.attrib["time"])
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["skipped"]) == ("3", "1", "1")


HOSTILE = "<img src=x>|`[a](b)`\n::error::\x1b[2J\x00"


def test_words_from_outside_are_neither_markup_nor_broken_xml(tmp_path: Path) -> None:
    export = planned(wanted(tmp_path))
    result = RunResult((Outcome(export, "failed", None, ExportError(HOSTILE)),))
    [suite] = ET.fromstring(junit_xml(result, {}))  # noqa: S314  our own
    assert suite[0][0].attrib["message"].startswith("<img src=x>")
    summary = run_summary(result)
    assert "<img" not in summary
    assert r"&lt;img src=x&gt;\|" in summary
    assert "\n::error::" not in summary


@pytest.mark.parametrize(("began", "ended", "time"), [(100, 160.5, "60.500"), (100, 40, None), (None, 40, None)])
def test_junit_says_no_time_of_an_export_during_which_the_clock_was_set_back(
    tmp_path: Path, began: float | None, ended: float, time: str | None
) -> None:
    export = wanted(tmp_path)
    record = submitted_record(planned(export), export, "1")
    life: dict[Phase, float] = {"ended": ended} if began is None else {"waiting": began, "ended": ended}
    result = RunResult((Outcome(planned(export), "done", record, worked=True),))
    [suite] = ET.fromstring(junit_xml(result, {record.path: life}))  # noqa: S314  our own
    assert suite[0].attrib.get("time") == time
    assert suite.attrib["time"] == (time or "0.000")


def test_a_spec_that_is_wrong_is_marked_on_its_lines_seen_from_the_repositorys_top(desk: Desk, actions: Path) -> None:
    desk.write("spec.yaml", SPEC.replace("version: 1", "version: 2") + "exprots: []\n")
    for command in ("validate", "run"):
        ran = desk.bqlrun(command, "spec.yaml")
        assert ran.code == 2
        marks = [line for line in ran.err.splitlines() if line.startswith("::error ")]
        assert len(marks) == 2
        assert marks[0].startswith("::error file=desk/spec.yaml,line=2,col=10::")
        assert "did you mean" in marks[1]
    assert actions.read_text().startswith("### 2 problems in specs\n\n- spec.yaml:2:10: ")


def test_outside_of_github_nothing_is_marked(desk: Desk) -> None:
    desk.write("spec.yaml", "version: 2\n")
    assert "::" not in desk.bqlrun("validate", "spec.yaml").text


def test_the_summary_says_what_is_valid_planned_and_done(desk: Desk, actions: Path) -> None:
    desk.write("spec.yaml", SPEC)
    for command in ("validate", "plan", "run"):
        assert desk.bqlrun(command, "spec.yaml", "--json").code == 0
    valid, planned, ran = actions.read_text().split("### ")[1:]
    assert valid.startswith("Specs are valid")
    assert planned.startswith(
        "Plan: 1 job to create, 100 credits to spend\n\n| export | action | rows | credits | why |\n| --- "
    )
    assert "| example-org/example.com/20250413:titles | submit | 100 | 100 | new; depth 0..2 has 100 rows |" in planned
    assert ran.startswith("Run: 1 of 1 export in place\n")
    assert "| example-org/example.com/20250413:titles | done | 100 | " in ran


def test_the_summary_of_a_plan_begins_with_what_is_refused_and_ends_with_what_the_limits_leave(
    desk: Desk, actions: Path
) -> None:
    limits = "200, rows_per_export: 300, exports_per_day: 5}"
    desk.write("spec.yaml", SPEC.replace("200}", limits) + "  - {name: too-many, fields: [url], depth: all}\n")
    assert desk.bqlrun("plan", "spec.yaml").code == 1
    told = actions.read_text().splitlines()
    assert told[0] == "### Plan: 1 job to create, 100 credits to spend, 1 export refused"
    assert told[4].startswith("| example-org/example.com/20250413:too-many | refuse | ")
    assert [line for line in told if line][
        -1
    ] == "- example-org: 0 of 5 exports used today, 1 more by this plan: 4 left"


def test_a_failed_export_is_marked_where_the_spec_asks_for_it(desk: Desk, actions: Path, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("name: titles", "name: 'a|b %0A [x](y)'"))
    emulator.fault("job_failed")
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 1
    assert ran.json["totals"]["failed"] == 1
    [mark] = [line for line in ran.err.splitlines() if line.startswith("::error ")]
    assert mark.startswith(
        "::error file=desk/spec.yaml,line=9,col=5::example-org/example.com/20250413:a|b %250A [x](y): "
    )
    told = actions.read_text()
    assert told.startswith("### Run: 0 of 1 export in place, 1 failed\n")
    assert r"20250413:a\|b %0A \[x\](y) | failed | " in told


def test_a_summary_that_cannot_be_written_is_a_warning(desk: Desk, actions: Path) -> None:
    actions.mkdir()
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 0
    assert "warning: the job summary cannot be written" in ran.err


def test_annotations_are_escaped_as_github_wants() -> None:
    assert (
        error_line("50%\r\nnext: a, b", Place("x", 3, 7), "a,b:c%.yaml")
        == "::error file=a%2Cb%3Ac%25.yaml,line=3,col=7::50%25%0D%0Anext: a, b"
    )


@pytest.fixture
def workflow(quiet_desk: Desk) -> Any:
    """The workflow that `init` writes; the desk is a checkout of that repository."""
    assert quiet_desk.bqlrun("init").code == 0
    # YAML 1.1 reads the key `on` as true.
    return yaml.safe_load(
        (quiet_desk.folder / ".github/workflows/exports.yaml").read_text().replace("\non:", "\n'on':")
    )


def test_the_workflows_own_steps_work(quiet_desk: Desk, workflow: Any, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    quiet_desk.write("shims/python", '#!/bin/sh\necho "$@" >> installed\n')
    quiet_desk.write("shims/bqlrun", f'#!/bin/sh\nexec {sys.executable} -m runner "$@"\n')
    for shim in shims.iterdir():
        shim.chmod(0o755)
    root = str(Path(__file__).parent.parent.parent)
    summary = quiet_desk.folder / "summary.md"
    environ = {"PATH": f"{shims}:{os.environ['PATH']}", "GITHUB_ACTIONS": "true", "PYTHONPATH": root}
    environ |= {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(quiet_desk.folder)}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                done = subprocess.run(
                    ["bash", "-e", "-c", step["run"]],
                    cwd=quiet_desk.folder, env=environ, capture_output=True, text=True, check=False,
                )  # fmt: skip
                assert done.returncode == 0, done.stderr
    installed = (quiet_desk.folder / "installed").read_text().splitlines()
    assert installed == [f"-m pip install bqlrun[emulator]=={__version__}"] * 3
    told = summary.read_text()
    assert [line for line in told.splitlines() if line.startswith("###")] == [
        "### Specs are valid",
        "### Plan: 2 jobs to create, 43,566 credits to spend",
        "### Run: 2 of 2 exports in place",
    ]
    made = {"report.html", "junit.xml", ".bqlrun/state.db", "downloads/example-org/example.com/20250413/titles.csv"}
    assert made <= quiet_desk.files(".").keys()


def test_the_workflow_keeps_the_token_from_strangers_and_runs_from_each_other(workflow: Any) -> None:
    assert "pull_request_target" not in workflow["on"]
    assert {"pull_request", "schedule", "workflow_dispatch"} == set(workflow["on"])
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert jobs["run"]["if"] == "github.event_name != 'pull_request'"
    assert jobs["run"]["concurrency"] == {"group": "bqlrun-exports", "cancel-in-progress": False}
    assert "head.repo.full_name == github.repository" in jobs["plan"]["if"]
    assert "env" not in workflow
    assert not any("env" in job for job in jobs.values())
    secret = [(name, step["name"]) for name, job in jobs.items() for step in job["steps"] if "secrets" in str(step)]
    assert secret == [("plan", "Plan"), ("run", "Run")]
    saved = [step for step in jobs["run"]["steps"] if "cache" in step.get("uses", "")]
    assert [step["with"]["path"] for step in saved] == [".bqlrun/state.db"] * 2
