"""`plan --out` and `run --plan`: what was reviewed is done exactly, or nothing is and the difference is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runner.schemacheck import violations
from tests.cli.test_run import SPEC
from tests.harness import TOKEN

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

LATEST = SPEC.replace("/crawl?analysisSlug=20250413", "")
SPLIT = SPEC.replace("200}", "200, rows_per_export: 300}").replace("depth: {max: 2}", "depth: split")
MORE = "  - {name: more, fields: [url], depth: {max: 9}}\n"


def reviewed(desk: Desk, spec: str = SPEC, *options: str) -> Any:
    desk.write("spec.yaml", spec)
    ran = desk.bqlrun("plan", "spec.yaml", "--out", "plan.json", *options)
    assert ran.code == 0, ran.text
    return json.loads((desk.folder / "plan.json").read_text())


def test_a_plan_file_keeps_to_its_schema_and_holds_no_secret(desk: Desk) -> None:
    plan = reviewed(desk, SPEC + MORE)
    assert list(violations("plan", plan)) == []
    assert [(each["export"], each["action"], each["credits"]) for each in plan["exports"]] == [
        ("titles", "submit", 100),
        ("more", "submit", 500),
    ]
    assert f'"{TOKEN}"' not in json.dumps(plan)


def test_what_was_reviewed_is_what_is_done_and_can_be_done_once_more(desk: Desk, emulator: Emulated) -> None:
    [line] = reviewed(desk)["exports"]
    ran = desk.bqlrun("run", "--plan", "plan.json")
    assert ran.code == 0, ran.err
    assert [job["payload"] for job in emulator.jobs()] == [line["payload"]]
    assert desk.bqlrun("run", "spec.yaml", "--plan", "plan.json").code == 0
    assert emulator.creations() == 1


def test_the_selection_and_the_wishes_are_those_of_the_plan(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC + MORE)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    plan = reviewed(desk, SPEC + MORE, "--select", "more", "--force")
    assert [each["action"] for each in plan["exports"]] == ["submit"]
    assert desk.bqlrun("run", "--plan", "plan.json").code == 0
    assert emulator.creations() == 3


@pytest.mark.parametrize(
    ("spec", "difference"),
    [
        (SPEC.replace("max: 2", "max: 3"), "depth 2, 100 rows was reviewed, depth 3, 500 rows now"),
        (
            SPEC.replace("fields: [url, title, h1]", "fields: [url, h1]"),
            (
                'it asks for something else: payload.query.query.dimensions ["crawl.20250413.url",'
                ' "crawl.20250413.metadata.title.content", "crawl.20250413.metadata.h1.contents"] was reviewed,'
                ' ["crawl.20250413.url", "crawl.20250413.metadata.h1.contents"] now'
            ),
        ),
        (SPEC.replace("20250413", "20250401"), "in the plan, and not selected now"),
        (SPEC + MORE, "example-org/example.com/20250413:more: submit, and was not in the plan"),
        (SPEC + "    output: {header: none}\n", "style csv slug"),
    ],
)
def test_what_differs_is_shown_and_nothing_is_submitted(
    desk: Desk, emulator: Emulated, spec: str, difference: str
) -> None:
    reviewed(desk)
    desk.write("spec.yaml", spec)
    ran = desk.bqlrun("run", "--plan", "plan.json")
    assert ran.code == 2
    assert difference in ran.err
    assert "nothing was submitted" in ran.err
    assert emulator.creations() == 0


def test_paying_again_is_a_difference(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    reviewed(desk)
    ran = desk.bqlrun("run", "--plan", "plan.json", "--force")
    assert ran.code == 2
    assert "skip was reviewed, submit now: --force" in ran.err
    assert emulator.creations() == 1


def test_a_crawl_that_was_pinned_by_a_refused_run_is_looked_for_anew(desk: Desk, emulator: Emulated) -> None:
    reviewed(desk, LATEST)
    plan = json.loads((desk.folder / "plan.json").read_text())
    for each in plan["exports"]:
        each["analysis"] = "20250401-2"
    desk.write("plan.json", json.dumps(plan))
    refused = desk.bqlrun("run", "--plan", "plan.json")
    assert refused.code == 2
    assert "20250413:titles: submit, and was not in the plan" in refused.err
    before = len(emulator.requests("GET", "/v1/analyses"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.requests("GET", "/v1/analyses")) == before + 1


def test_a_whole_site_is_reviewed_part_by_part(desk: Desk, emulator: Emulated) -> None:
    plan = reviewed(desk, SPLIT)
    assert len(plan["exports"]) > 1
    assert desk.bqlrun("run", "--plan", "plan.json").code == 0
    assert emulator.creations() == len(plan["exports"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "is no plan"),
        ('{"exports": []}', "is no plan"),
        ('{"format": 2, "command": {}, "exports": []}', "has format 2, and this version knows 1"),
        ('{"format": 1, "command": {}, "exports": []}', "is no plan as bqlrun writes it"),
    ],
)
def test_what_is_no_plan_gets_one_clear_line(quiet_desk: Desk, text: str, complaint: str) -> None:
    quiet_desk.write("plan.json", text)
    ran = quiet_desk.bqlrun("run", "--plan", "plan.json")
    assert ran.code == 2
    assert complaint in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_plan_that_is_not_there_and_one_that_cannot_be_written(desk: Desk) -> None:
    ran = desk.bqlrun("run", "--plan", "plan.json")
    assert (ran.code, "cannot read plan.json" in ran.err) == (2, True)
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("plan", "spec.yaml", "--out", "no/folder/plan.json")
    assert (ran.code, "cannot write no/folder/plan.json" in ran.err) == (2, True)
    assert desk.bqlrun("run").code == 2


def test_the_detailed_exit_code_tells_whether_anything_is_to_do(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("plan", "spec.yaml", "--detailed-exitcode").code == 2
    desk.bqlrun("run", "spec.yaml")
    assert desk.bqlrun("plan", "spec.yaml", "--detailed-exitcode").code == 0
    desk.write("spec.yaml", SPEC.replace("example.com", "empty.example"))
    assert desk.bqlrun("plan", "spec.yaml", "--detailed-exitcode").code == 1
    assert desk.bqlrun("plan", "nothing.yaml", "--detailed-exitcode").code == 1
    assert desk.bqlrun("plan", "spec.yaml", "--detailed-exitcode", "--selct", "titles").code == 1
