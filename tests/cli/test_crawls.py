"""Which crawls of which projects are exported: every form of `analysis`, labels, and projects without a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

URL = "https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413"
NEWEST_FIRST = ["20250413", "20250401-2", "20250401"]
FORMS = [
    ("20250401", ["20250401"]),
    ("latest", ["20250413"]),
    ("previous", ["20250401-2"]),
    ("latest-1", ["20250413"]),
    ("latest-2", ["20250413", "20250401-2"]),
    ("latest-9", NEWEST_FIRST),
    ("all", NEWEST_FIRST),
    ("[20250401, 20250413]", ["20250413", "20250401"]),
    ("{since: 2025-04-02}", ["20250413"]),
    ("{until: 2025-04-01}", ["20250401-2", "20250401"]),
    ("{since: 2025-04-01, until: 2025-04-13}", NEWEST_FIRST),
]


def crawls_of(desk: Desk, project: str = "example.com") -> set[str]:
    names = {name.split("/")[2] for name in desk.files() if f"/{project}/" in name}
    return {name for name in names if name.startswith("2025")}


@pytest.mark.parametrize(("form", "slugs"), FORMS)
def test_each_form_of_analysis_exports_its_crawls_and_nothing_twice(
    desk: Desk, emulator: Emulated, form: str, slugs: list[str]
) -> None:
    desk.write("spec.yaml", SPEC.replace(URL, f"{{org: example-org, project: example.com, analysis: {form}}}"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert crawls_of(desk) == set(slugs)
    again = desk.bqlrun("run", "spec.yaml")
    assert "nothing was left to do" in again.out
    assert emulator.creations() == len(slugs)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("20250402", "there is no finished crawl 20250402 (finished ones are 20250401"),
        ("20250420", "there is no finished crawl 20250420"),
        ("[20250413, 20250499]", "there is no finished crawl 20250499"),
        ("{since: 2025-05-01}", "there is no finished crawl within 2025-05-01..; the newest is 20250413"),
    ],
)
def test_crawls_that_are_not_there_fail_their_export_and_say_which_are(desk: Desk, form: str, said: str) -> None:
    desk.write("spec.yaml", SPEC.replace(URL, f"{{org: example-org, project: example.com, analysis: {form}}}"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert said in ran.err
    assert desk.files() == {}


def test_a_projects_own_analysis_wins_over_its_urls_and_that_over_the_exports_and_that_over_the_default(
    desk: Desk,
) -> None:
    projects = f"  - {{url: '{URL}', analysis: 20250401}}\n  - {URL.replace('13', '01-2')}\n"
    projects += "  - {org: example-org, project: example.fr}\n"
    spec = SPEC.replace(f"  - {URL}\n", projects) + "    analysis: 20250413\ndefaults: {analysis: previous}\n"
    desk.write("spec.yaml", spec)
    plan = desk.bqlrun("plan", "spec.yaml", "--json").json
    assert [(each["project"], each["analysis"]) for each in plan["exports"]] == [
        ("example.com", "20250401"),
        ("example.com", "20250401-2"),
        ("example.fr", "20250413"),
    ]


LABELLED = SPEC.replace(
    f"  - {URL}\n",
    """  - {org: example-org, project: example.com, labels: [retail, com]}
  - {org: example-org, project: example.fr, labels: [retail, fr]}
  - {from: more.csv, labels: [table]}
""",
)
LABELLED += "  - {name: shops, fields: [url], depth: {max: 0}, where: {labels: [retail]}}\n"
LABELLED += "  - {name: french-shops, fields: [url], depth: {max: 0}, where: {labels: [retail, fr]}}\n"
LABELLED += "  - {name: tables, fields: [url], depth: {max: 0}, where: {labels: [table]}}\n"


def test_an_export_is_for_the_projects_that_have_all_its_labels(desk: Desk) -> None:
    desk.write("more.csv", "org,project,analysis,labels\nexample-org,example.com,20250401,old fr\n")
    desk.write("spec.yaml", LABELLED)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.err
    assert [(each["project"], each["analysis"], each["export"]) for each in ran.json["exports"]] == [
        ("example.com", "20250401", "tables"),
        ("example.com", "20250401", "titles"),
        ("example.com", "20250413", "shops"),
        ("example.com", "20250413", "titles"),
        ("example.fr", "20250413", "french-shops"),
        ("example.fr", "20250413", "shops"),
        ("example.fr", "20250413", "titles"),
    ]


def test_labels_select_and_exclude_projects(desk: Desk) -> None:
    desk.write("more.csv", "org,project\n")
    desk.write("spec.yaml", LABELLED)
    plan = desk.bqlrun("plan", "spec.yaml", "--json", "--select", "label:re*", "--exclude", "label:fr").json
    assert [(each["project"], each["export"]) for each in plan["exports"]] == [
        ("example.com", "titles"),
        ("example.com", "shops"),
    ]


def test_projects_without_a_crawl_are_skipped_and_the_others_are_not(desk: Desk, emulator: Emulated) -> None:
    spec = SPEC.replace(f"  - {URL}\n", "".join(f"  - {{org: example-org, project: {name}}}\n" for name in PROJECTS))
    desk.write("spec.yaml", spec + "defaults: {on_missing: skip}\n")
    plan = desk.bqlrun("plan", "spec.yaml", "--json")
    assert plan.code == 0
    assert [(each["project"], each["action"]) for each in plan.json["exports"]] == [
        ("example.com", "submit"),
        ("empty.example", "skip"),
        ("example.fr", "submit"),
    ]
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert emulator.creations() == 2


def test_a_project_with_one_crawl_has_no_previous_one_and_is_skipped_too(desk: Desk) -> None:
    spec = SPEC.replace(URL, "{org: example-org, project: example.fr, analysis: previous}")
    desk.write("spec.yaml", spec)
    assert "there is only one finished crawl, 20250413, and no previous one" in desk.bqlrun("run", "spec.yaml").err
    desk.write("spec.yaml", spec + "defaults: {on_missing: skip}\n")
    assert desk.bqlrun("run", "spec.yaml").code == 0


def test_a_project_that_is_not_there_is_not_one_without_a_crawl(desk: Desk) -> None:
    spec = SPEC.replace(URL, "{org: example-org, project: exampel.com}")
    desk.write("spec.yaml", spec + "defaults: {on_missing: skip}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "404" in ran.err


PROJECTS = ("example.com", "empty.example", "example.fr")
