"""`bqlrun query`: the first rows of any export, and nothing created; and that a look holds on to no crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.test_list_mode import EXPORTS, HEAD, WORLD, spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Desk, Emulated


@pytest.fixture
def emulator(botify_of: Callable[[str], Emulated]) -> Emulated:
    return botify_of(WORLD)


@pytest.mark.parametrize("name", EXPORTS)
def test_the_first_rows_of_every_kind_of_data(desk: Desk, emulator: Emulated, name: str) -> None:
    desk.write("spec.yaml", spec("export", name))
    [payload] = [each["payload"] for each in desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]]
    emulator.call("DELETE", "/_emulator/requests")
    looked = desk.bqlrun("query", "spec.yaml", name, "--size", "3", "--json")
    assert looked.code == 0, looked.text
    assert len(looked.json["rows"]) == 3
    assert {len(row) for row in looked.json["rows"]} == {len(looked.json["columns"])}
    assert looked.json["query"] == payload["query"]
    assert emulator.requests("POST", "/v1/jobs") == emulator.downloads() == []
    assert not desk.folder.joinpath("downloads").exists()


def test_a_table_for_people_says_whose_rows_they_are(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", HEAD + "  - {name: all, fields: [{field: url, name: Address}, depth], depth: split}\n")
    looked = desk.bqlrun("query", "spec.yaml", "all", "--project", "example-org/example.com", "--size", "2")
    assert looked.code == 0, looked.text
    head, first, _, _, last = looked.out.splitlines()
    bql = {
        "collections": ["crawl.20250413"],
        "query": {"dimensions": ["crawl.20250413.url"], "metrics": [], "sort": [0]},
    }
    [[least]] = list(emulator.query("example.com", bql))[:1]
    assert head.split() == ["Address", "depth"]
    assert first.split()[0] == least
    assert last == "example-org/example.com/20250413:all: the first 2 rows"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 2, "there is no export nothing in spec.yaml (there are pages)"),
        (["pages", "--size", "0"], 2, "--size is from 1 to 2,000"),
        (["pages", "--project", "example.com"], 2, "write org/project"),
        (["pages", "--project", "example-org/other"], 2, "no project example-org/other"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    desk: Desk,
    emulator: Emulated,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    desk.write("spec.yaml", spec("export", "pages"))
    looked = desk.bqlrun("query", "spec.yaml", *arguments)
    assert (looked.code, emulator.requests("POST")) == (code, [])
    assert said in looked.err


def test_a_look_holds_on_to_no_crawl(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", spec("export", "pages").replace(", analysis: 20250413", ""))
    for command in (["plan", "spec.yaml"], ["query", "spec.yaml", "pages"]):
        assert desk.bqlrun(*command).code == 0
    before = len(emulator.requests("GET", "/v1/analyses"))
    assert desk.bqlrun("plan", "spec.yaml").code == 0
    assert len(emulator.requests("GET", "/v1/analyses")) == before + 1
