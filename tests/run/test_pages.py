"""Pages that fit together, pages that do not, and what a page's values are in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import anyio
import pytest

from runner.botify.answers import QueryPage, Row
from runner.bql.paging import in_one_order
from runner.bql.request import Request
from runner.errors import ExportError
from runner.files.listed import cell
from runner.files.rawfile import is_complete
from runner.files.work import Column
from runner.jsonvalue import Written
from runner.run.pages import READINGS, fetch_pages

if TYPE_CHECKING:
    from pathlib import Path

    from runner.botify.client import Botify
    from runner.jsonvalue import JsonObject, JsonValue

URL = "crawl.20250413.url"
COLUMNS = (Column("url", frozenset({"url"})),)
QUERY: JsonObject = {"collections": ["crawl.20250413"], "query": {"dimensions": [URL], "metrics": []}}
ASKED = Request({"username": "org", "project": "p", "query": QUERY}, ((URL, None),), ("crawl.20250413",), listed=True)


class Moving:
    """An API whose rows are another list at every reading; pages have three rows."""

    def __init__(self, *readings: tuple[list[str], ...]) -> None:
        self.readings = [iter(pages) for pages in readings]
        self.count = 0

    async def query(self, *_: object, page: int, **__: object) -> QueryPage:
        if page == 1:
            self.current = self.readings.pop(0)
        rows = next(self.current)
        return QueryPage(tuple(Row((each,), ()) for each in rows), len(rows) == 3, self.count)


def fetched(api: Moving, raw: Path) -> int:
    return anyio.run(fetch_pages, cast("Botify", api), ASKED, COLUMNS, raw)


def test_pages_that_agree_become_one_complete_table(tmp_path: Path) -> None:
    api = Moving((["a", "b", "c"], ["d"]))
    api.count = 4
    assert fetched(api, tmp_path / "raw") == 4
    assert (tmp_path / "raw").read_text(encoding="utf-8") == "url\na\nb\nc\nd\n"
    assert is_complete(tmp_path / "raw")


@pytest.mark.parametrize(
    "torn",
    [(["a", "b", "c"], []), (["a", "b", "c"], ["c"]), (["a", "b", "c"], ["d", "e"])],
    ids=["less", "twice", "more"],
)
def test_pages_between_which_something_moved_are_read_again(tmp_path: Path, torn: tuple[list[str], ...]) -> None:
    api = Moving(torn, (["a", "b", "c"], ["d"]))
    api.count = 4
    assert fetched(api, tmp_path / "raw") == 4
    assert (tmp_path / "raw").read_text(encoding="utf-8") == "url\na\nb\nc\nd\n"


def test_rows_that_never_stand_still_are_an_error_and_no_file(tmp_path: Path) -> None:
    api = Moving(*[(["a", "b", "c"], [])] * READINGS)
    api.count = 4
    with pytest.raises(ExportError, match="changed from page to page"):
        fetched(api, tmp_path / "raw")
    assert not is_complete(tmp_path / "raw")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" 007 ", " 007 "),
        (True, "true"),
        (0, "0"),
        (12345678901234567890, "12345678901234567890"),
        (Written("0.10"), "0.10"),
        (["é", "b"], '["é", "b"]'),
        ({"from": 0}, '{"from": 0}'),
    ],
)
def test_values_are_the_apis_own(value: JsonValue, text: str) -> None:
    assert cell(value) == text


def test_a_number_keeps_how_it_was_written() -> None:
    number = json.loads("1.50", parse_float=Written)
    assert (number, number.text, json.dumps(number)) == (1.5, "1.50", "1.5")


def test_pages_are_sorted_to_the_last_column() -> None:
    query: JsonObject = {
        "collections": ["c"],
        "query": {"dimensions": ["a", "url", "h1.contents"], "metrics": ["n"], "sort": [{"field": "url"}]},
    }
    assert in_one_order(query)["query"]["sort"] == [
        {"field": "url"},
        {"type": "dimensions", "index": 0, "order": "asc"},
    ]
    older: JsonObject = {"fields": ["url", "depth"], "sort": [{"depth": {"order": "desc"}}]}
    assert in_one_order(older)["sort"] == [{"depth": {"order": "desc"}}, "url"]
