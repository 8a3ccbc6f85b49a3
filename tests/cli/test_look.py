"""`analyses`, `depths` and `fields`: a look before anything is spent, which creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

APP = "https://app.botify.com/example-org/example.com"
LOOKS = ("analyses", "depths", "fields")


def test_analyses_are_listed_newest_first_whatever_became_of_them(desk: Desk) -> None:
    ran = desk.bqlrun("analyses", f"{APP}/crawl", "--json")
    assert ran.code == 0, ran.err
    found = ran.json
    assert (found["org"], found["project"]) == ("example-org", "example.com")
    assert [(each["slug"], each["status"]) for each in found["analyses"]] == [
        ("20250421", "crawling"),
        ("20250420", "failed"),
        ("20250413", "success"),
        ("20250401-2", "success"),
        ("20250401", "success"),
    ]
    assert found["analyses"][2]["date"] == "2025-04-13"
    assert found["analyses"][2]["urls"] == 500
    lines = desk.bqlrun("analyses", "example-org/example.com").out.splitlines()
    assert lines[3].split() == ["20250413", "success", "2025-04-13", "500"]


def test_a_project_without_a_crawl_is_said_to_have_none(desk: Desk) -> None:
    assert desk.bqlrun("analyses", "example-org/empty.example").out == "no crawl yet\n"
    ran = desk.bqlrun("depths", "example-org/empty.example")
    assert ran.code == 1
    assert "there is no finished crawl" in ran.err


def test_depths_come_with_the_limit_drawn_in_and_the_safe_depth_marked(desk: Desk) -> None:
    ran = desk.bqlrun("depths", "example-org/example.com", "--limit", "120")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "depth  count  cumulative  share",
        "    0      1           1   0.2%",
        "    1      9          10   1.8%",
        "    2     90         100  18.0%  <- max_safe",
        "---- 120 rows: an export takes no more -----",
        "    3    400         500  80.0%",
        "",
        "20250413: 500 URLs; max_safe is depth 2, 100 rows",
    ]


def test_depths_for_machines(desk: Desk) -> None:
    found = desk.bqlrun("depths", f"{APP}/crawl?analysisSlug=20250401-2", "--limit", "10", "--json").json
    assert {key: value for key, value in found.items() if key != "depths"} == {
        "org": "example-org",
        "project": "example.com",
        "analysis": "20250401-2",
        "limit": 10,
        "max_safe": 1,
        "total": 90,
        "without_depth": 0,
    }
    assert found["depths"][1] == {"depth": 1, "count": 9, "cumulative": 10, "share": 0.1}


def test_pages_without_a_depth_are_named(desk: Desk) -> None:
    out = desk.bqlrun("depths", "example-org/example.fr").out
    assert " none      7          28  25.0%" in out
    assert out.endswith("20250413: 28 URLs; max_safe is depth 1, 21 rows; 7 have no depth\n")


def test_where_nothing_fits_there_is_no_safe_depth(desk: Desk) -> None:
    ran = desk.bqlrun("depths", "example-org/example.fr", "--analysis", "20250413", "--limit", "1")
    assert "max_safe is depth 0, 1 row" in ran.out
    filled = desk.bqlrun("depths", "example-org/example.com", "--limit", "0")
    assert filled.code == 2


def test_a_crawl_that_is_not_there_names_those_that_are(desk: Desk) -> None:
    ran = desk.bqlrun("depths", "example-org/example.com", "--analysis", "20250414")
    assert ran.code == 1
    assert "there is no finished crawl 20250414 (finished ones are 20250413" in ran.err


def test_fields_have_types_and_the_short_names_of_specs(desk: Desk) -> None:
    found = desk.bqlrun("fields", "example-org/example.com", "--json").json
    assert found["collection"] == "crawl.20250413"
    fields = {each["id"]: each for each in found["fields"]}
    assert fields["metadata.title.content"]["alias"] == "title"
    assert (fields["metadata.h1.contents"]["multiple"], fields["depth"]["multiple"]) == (True, False)
    assert fields["depth"]["type"] == "integer"
    assert set(fields["url"]) == {"id", "name", "type", "multiple", "alias"}


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("metadata.h?.contents", {"metadata.h1.contents", "metadata.h2.contents"}),
        ("TITLE.CONTENT", {"metadata.title.content"}),
        ("meta_description", {"metadata.description.content"}),
    ],
)
def test_fields_are_found_by_globs_and_by_parts_of_any_of_their_names(desk: Desk, pattern: str, ids: set[str]) -> None:
    found = desk.bqlrun("fields", "example-org/example.com", pattern, "--json").json
    assert {each["id"] for each in found["fields"]} == ids


def test_a_pattern_that_finds_nothing_suggests_what_is_near(desk: Desk) -> None:
    ran = desk.bqlrun("fields", "example-org/example.com", "titel")
    assert ran.code == 1
    assert "no field matches titel (near are metadata.title.content" in ran.err


def test_fields_of_another_collection(desk: Desk) -> None:
    out = desk.bqlrun("fields", "example-org/example.com", "--collection", "search_console").out
    assert "count_clicks" in out


@pytest.mark.parametrize("command", LOOKS)
@pytest.mark.parametrize("url", ["example-org", "a/b/c", "https://elsewhere.example/a/b", "../x", ""])
def test_what_is_no_project_is_exit_code_2(desk: Desk, command: str, url: str) -> None:
    ran = desk.bqlrun(command, url)
    assert ran.code == 2
    assert "is no page of the app" in ran.err or "names no project" in ran.err


@pytest.mark.parametrize("command", LOOKS)
def test_a_project_that_is_not_there_is_exit_code_1_with_the_nearest(desk: Desk, command: str) -> None:
    ran = desk.bqlrun(command, "example-org/exampel.com")
    assert ran.code == 1
    assert "example-org has no project exampel.com: GET" in ran.err
    assert "(nearest are example.com" in ran.err


@pytest.mark.parametrize("command", LOOKS)
def test_a_refused_token_is_exit_code_3(desk: Desk, command: str) -> None:
    desk.environ["BOTIFY_API_TOKEN"] = "wrong"
    assert desk.bqlrun(command, "example-org/example.com").code == 3


def test_looking_creates_nothing_here_or_there(desk: Desk, emulator: Emulated) -> None:
    for command in LOOKS:
        assert desk.bqlrun(command, "example-org/example.com").code == 0
    assert list(desk.folder.iterdir()) == []
    assert emulator.creations() == 0
