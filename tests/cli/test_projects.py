"""Projects that nobody names: the API is asked for them when a plan or a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

URL = "https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413"
FOUND = SPEC.replace(URL, '{org: example-org, match: "example.*", labels: [found]}')


def test_a_run_exports_each_project_that_matches(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", FOUND)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.err
    assert [each["project"] for each in ran.json["exports"]] == ["example.com", "example.fr"]
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert emulator.creations() == 2


def test_a_plan_shows_the_labels_of_what_it_found_and_creates_nothing(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", FOUND + "    where: {labels: [found]}\n")
    plan = desk.bqlrun("plan", "spec.yaml", "--json", "--exclude", "*/example.com").json
    assert [(each["project"], each["labels"]) for each in plan["exports"]] == [("example.fr", ["found"])]
    assert emulator.creations() == 0


def test_a_project_that_is_named_too_is_done_once_and_as_named(desk: Desk) -> None:
    named = "  - {org: example-org, project: example.com, analysis: 20250401, labels: [named]}\n"
    desk.write("spec.yaml", FOUND.replace("exports:", f"{named}exports:"))
    plan = desk.bqlrun("plan", "spec.yaml", "--json").json
    assert [(each["project"], each["analysis"], each["labels"]) for each in plan["exports"]] == [
        ("example.com", "20250401", ["named"]),
        ("example.fr", "20250413", ["found"]),
    ]


def test_a_glob_that_finds_nothing_fails_alone_and_names_the_nearest(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("exports:", '  - {org: example-org, match: "exampel.fr"}\nexports:'))
    plan = desk.bqlrun("plan", "spec.yaml")
    assert plan.code == 1
    assert "no project of example-org matches exampel.fr (nearest are example.fr, " in plan.out
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 1
    assert [(each["project"], each["status"]) for each in ran.json["exports"]] == [
        ("exampel.fr", "failed"),
        ("example.com", "done"),
    ]


def test_an_organisation_that_the_token_may_not_see_is_refused_by_name(desk: Desk) -> None:
    desk.write("spec.yaml", FOUND.replace("org: example-org", "org: other-org"))
    plan = desk.bqlrun("plan", "spec.yaml")
    assert plan.code == 1
    assert "GET /v1/projects/other-org" in plan.out
    assert "403" in plan.out


def test_what_an_account_may_not_list_in_one_way_is_listed_in_the_other(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", FOUND)
    emulator.fault("status", status=403, method="GET", path="/v1/users/*", times=0)
    plan = desk.bqlrun("plan", "spec.yaml", "--json")
    assert len(plan.json["exports"]) == 2
    assert emulator.requests("GET", "/v1/projects/example-org")


def test_a_refused_token_is_exit_code_3(desk: Desk) -> None:
    desk.write("spec.yaml", FOUND)
    desk.environ["BOTIFY_API_TOKEN"] = "wrong"
    assert desk.bqlrun("plan", "spec.yaml").code == 3
    assert desk.bqlrun("run", "spec.yaml").code == 3


def test_validate_and_render_ask_nobody(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", FOUND)
    assert quiet_desk.bqlrun("validate", "spec.yaml").code == 0
    [export] = quiet_desk.bqlrun("render", "spec.yaml").json["exports"]
    assert (export["org"], export["project"]) == ("example-org", "<projects: example.*>")


def test_exports_whose_paths_would_be_equal_are_seen_before_anyone_is_asked(quiet_desk: Desk) -> None:
    more = "  - {name: more, fields: [url]}\noutput: {path: '{{ org }}/{{ project }}'}\n"
    quiet_desk.write("spec.yaml", FOUND + more)
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 2
    assert "has the same path as export titles" in ran.out


def test_so_are_those_of_two_specs_that_are_run_together(quiet_desk: Desk) -> None:
    quiet_desk.write("specs/one.yaml", FOUND)
    quiet_desk.write("specs/two.yaml", FOUND.replace("name: ", "name: too-", 1))
    ran = quiet_desk.bqlrun("validate", "specs")
    assert ran.code == 2
    assert "has the same path as export titles" in ran.out
    assert "two.yaml" in ran.out
    assert quiet_desk.bqlrun("validate", "specs/one.yaml").code == 0
    assert quiet_desk.bqlrun("validate", "specs/two.yaml").code == 0
