"""A table as Parquet: every row and value, with the types of the API's fields, whatever is in the cells."""

from __future__ import annotations

import csv
import errno
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import FileError, PlaceError
from runner.files.parquet import to_parquet
from runner.files.records import Records
from runner.files.work import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLUMNS = (("url", "string"), ("depth", "integer"), ("rank", "double"), ("ok", "boolean"), ("day", "date"))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=12)


def staged(folder: Path, rows: Sequence[Sequence[str]]) -> Receipt:
    table = folder / "table.staged"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return Receipt(table, len(rows), table.stat().st_size, "", 0)


def read(path: Path) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Names with types, and all rows."""
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(path)])
        return [(name, str(kind)) for name, kind, *_ in found.description or ()], found.fetchall()


def test_columns_have_the_types_of_their_fields(tmp_path: Path) -> None:
    receipt = to_parquet(staged(tmp_path, [["/a", "3", "0.5", "true", "2025-04-13"], ["/b", "", "", "", ""]]), COLUMNS)
    columns, rows = read(receipt.staged)
    assert columns == [
        ("url", "VARCHAR"),
        ("depth", "BIGINT"),
        ("rank", "DOUBLE"),
        ("ok", "BOOLEAN"),
        ("day", "VARCHAR"),
    ]
    assert rows == [("/a", 3, 0.5, True, "2025-04-13"), ("/b", None, None, None, None)]


def test_a_column_that_is_not_what_it_is_said_to_be_makes_all_texts(tmp_path: Path) -> None:
    receipt = to_parquet(staged(tmp_path, [["007", "x"], ["008", "2"]]), (("code", "string"), ("depth", "integer")))
    assert read(receipt.staged)[1] == [("007", "x"), ("008", "2")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=30))
def test_every_text_comes_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    receipt = to_parquet(staged(tmp_path, rows), (("a", "string"), ("b", None)))
    assert read(receipt.staged)[1] == rows


def test_a_longer_line_than_most_takes_more_memory_and_comes_back(tmp_path: Path) -> None:
    rows = [("short", "1"), ("so long " * (3 << 20), "2"), ("short", "3")]
    receipt = to_parquet(staged(tmp_path, rows), (("text", "string"), ("number", "integer")))
    columns, found = read(receipt.staged)
    assert [kind for _, kind in columns] == ["VARCHAR", "BIGINT"]
    assert found == [(text, int(number)) for text, number in rows]


def test_what_is_no_table_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="cannot make Parquet"):
        to_parquet(staged(tmp_path, [["1", "2"], ["3"]]), (("a", "string"), ("b", "string")))


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    receipt = to_parquet(staged(tmp_path, []), COLUMNS)
    assert [name for name, _ in read(receipt.staged)[0]] == [name for name, _ in COLUMNS]
    assert receipt.rows == 0


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    receipt = to_parquet(staged(tmp_path, [["1", "2", "3"]]), (("url", None), ("URL", None), ("it's", None)))
    assert [name for name, _ in read(receipt.staged)[0]] == ["url", "URL_2", "it's"]


def test_the_receipt_is_about_the_new_file(tmp_path: Path) -> None:
    receipt = to_parquet(staged(tmp_path, [["1"]] * 5), (("n", "long"),))
    data = receipt.staged.read_bytes()
    assert (receipt.rows, receipt.bytes, receipt.sha256) == (5, len(data), hashlib.sha256(data).hexdigest())


def test_few_values_are_a_dictionary_and_many_are_not(tmp_path: Path) -> None:
    rows = [[f"word {number % 50}", f"/page/{number % 5000}"] for number in range(50_000)]
    receipt = to_parquet(staged(tmp_path, rows), (("word", "string"), ("url", "string")))
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT path_in_schema, compression, encodings FROM parquet_metadata(?)", [str(receipt.staged)]
        ).fetchall()
    assert found == [("word", "ZSTD", "PLAIN_DICTIONARY"), ("url", "ZSTD", "PLAIN")]


def test_a_row_that_is_lost_is_seen(tmp_path: Path) -> None:
    receipt = staged(tmp_path, [["1"]] * 5)
    wrong = Receipt(receipt.staged, 6, receipt.bytes, "", 0)
    with pytest.raises(FileError, match="6 rows, and 5"):
        to_parquet(wrong, (("n", "long"),))


def test_a_table_in_shares_keeps_its_rows_in_order(tmp_path: Path) -> None:
    rows = [(str(10**18 + number), f'"{number}",\nand more') for number in range(40_000)]
    made = to_parquet(shared(tmp_path, rows), (("number", "integer"), ("text", "string")))
    assert read(made.staged)[1] == [(int(number), text) for number, text in rows]


@pytest.mark.parametrize(("text", "number"), [("x", "no number"), ("long " * (1 << 20), "1")])
def test_what_shares_do_not_allow_is_read_as_one(tmp_path: Path, text: str, number: str) -> None:
    rows = [*((f"line {each}", str(each)) for each in range(40_000)), (text, number)]
    made = to_parquet(shared(tmp_path, rows), (("text", "string"), ("number", "integer")))
    assert [tuple(map(str, row)) for row in read(made.staged)[1]] == rows


def shared(folder: Path, rows: Sequence[Sequence[str]]) -> Receipt:
    """A staged table whose borders are known, as the check finds them, but nearer to one another."""
    receipt = staged(folder, rows)
    records = Records(len(rows[0]))
    with patch("runner.files.records._SHARE", 100_000):
        records.take(receipt.staged.read_bytes())
    assert len(records.borders) > 2
    return replace(receipt, borders=tuple(records.borders))


def test_a_system_that_sends_no_file_to_a_pipe_reads_it_as_one(tmp_path: Path) -> None:
    rows = [(str(number), "text " * 4) for number in range(40_000)]
    receipt = shared(tmp_path, rows)
    with patch("os.sendfile", side_effect=OSError(errno.ENOTSOCK, "no socket")):
        assert to_parquet(receipt, (("number", "string"), ("text", "string"))).rows == len(rows)
