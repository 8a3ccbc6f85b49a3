"""Counting records and columns at speed comes to what Python's csv module sees, however the blocks fall."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import ColumnCountError
from runner.files.records import Records
from runner.files.work import Damaged

# A bare carriage return outside quotes is data here, and a line end for the csv module: it is left out.
cells = st.text(st.sampled_from('ab,"\n é'), max_size=6) | st.sampled_from(
    ["", "NA", "007", '"', '""', "a\r\nb", "x" * 50]
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[list[str]], bytes]:
    """A number of columns, rows, and the rows as a writer with one of the usual habits writes them."""
    columns = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(cells, min_size=columns, max_size=columns), max_size=10))
    rows = [row for row in rows if row != [""]]
    text = io.StringIO(newline="")
    line_end, quote_all = draw(st.sampled_from(["\n", "\r\n"])), draw(st.booleans())
    writer = (
        csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        if quote_all
        else csv.writer(text, lineterminator=line_end)
    )
    writer.writerows(rows)
    return columns, rows, text.getvalue().encode()


def through(records: Records, data: bytes, size: int) -> bytes:
    pieces = [records.take(data[start : start + size]) for start in range(0, len(data), size)]
    return b"".join([*pieces, records.finish()])


@settings(deadline=None)
@given(tables(), st.integers(1, 60))
def test_any_table_in_any_blocks_is_counted_and_left_as_it_is(
    table: tuple[int, list[list[str]], bytes], size: int
) -> None:
    columns, rows, data = table
    records = Records(columns)
    assert through(records, data, size) == data
    assert records.rows == len(rows)


@settings(deadline=None)
@given(tables(), st.integers(1, 60))
def test_one_column_more_or_less_is_seen_in_the_first_record(
    table: tuple[int, list[list[str]], bytes], size: int
) -> None:
    columns, rows, data = table
    if rows:
        with pytest.raises(ColumnCountError, match=f"record 1 has {columns} columns, and the query has {columns + 1}"):
            through(Records(columns + 1), data, size)


@settings(deadline=None)
@given(tables(), st.integers(0, 9), st.integers(1, 60))
def test_a_single_wrong_record_is_named(table: tuple[int, list[list[str]], bytes], at: int, size: int) -> None:
    columns, _, _ = table
    good = b",".join([b'"a,""\n"'] * columns) + b"\n"
    data = good * at + b"x," + good + good * 3
    with pytest.raises(ColumnCountError, match=f"record {at + 1} has {columns + 1} columns"):
        through(Records(columns), data, size)


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from('ab"'), min_size=1, max_size=5), min_size=1, max_size=20), st.integers(1, 30))
def test_quotes_where_no_writer_puts_them_are_read_as_the_csv_module_does(values: list[str], size: int) -> None:
    # The first letter keeps each value an unquoted one, in which quotes are letters.
    data = "".join(f"x{value},y\n" for value in values).encode()
    assert [row[0] for row in csv.reader(io.StringIO(data.decode()))] == [f"x{value}" for value in values]
    records = Records(2)
    assert through(records, data, size) == data
    assert records.rows == len(values)


def columns_seen(text: str) -> list[int] | None:
    """How many columns Python's csv module sees in each record; None where a quote stays open.

    It takes an empty line for no record, where it is one of a single empty value here.
    """
    whole = text if text.endswith("\n") or not text else text + "\n"
    rows = [*csv.reader(io.StringIO(whole + "END\n", newline=""))]
    return [len(row) or 1 for row in rows[:-1]] if rows[-1] == ["END"] else None


def outcome(data: bytes, columns: int, size: int) -> str:
    records = Records(columns)
    try:
        through(records, data, size)
    except ColumnCountError as error:
        return error.message.partition(",")[0]
    except Damaged:
        return "damaged"
    return f"{records.rows} records"


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b" * 40, ",", ",", '"', '"', '""', "\n", '","', '"\n', "\n"]), max_size=40),
    st.integers(1, 4),
    st.integers(1, 100),
)
def test_any_text_is_read_as_the_csv_module_reads_it(pieces: list[str], columns: int, size: int) -> None:
    text = "".join(pieces)
    seen = columns_seen(text)
    found = outcome(text.encode(), columns, size)
    if seen is None:
        assert found == "damaged" or found.startswith("record ")
    elif all(each == columns for each in seen):
        assert found == f"{len(seen)} records"
    else:
        number, wrong = next((number, each) for number, each in enumerate(seen, 1) if each != columns)
        cut_short = number == len(seen) and not text.endswith("\n") and wrong < columns
        assert found == ("damaged" if cut_short else f"record {number} has {wrong} columns")


def test_a_last_line_without_its_end_gets_one() -> None:
    records = Records(2)
    assert through(records, b"a,b\nc,d", 3) == b"a,b\nc,d\n"
    assert records.rows == 2


def test_a_table_that_ends_inside_a_quote_is_damaged() -> None:
    with pytest.raises(Damaged, match="ends in the middle of record 2"):
        through(Records(2), b'a,b\n"c,d\ne,f\n', 100)


def test_no_bytes_are_no_records() -> None:
    records = Records(3)
    assert through(records, b"", 10) == b""
    assert records.rows == 0


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["a", ",", '"', '"', '""', "\n", '","', '"\n', "\n"]), max_size=40),
    st.integers(1, 12),
)
def test_a_table_cut_at_its_borders_has_the_same_records(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    seen = columns_seen(text)
    records = Records(1)
    with patch("runner.files.records._SHARE", 0), suppress(ColumnCountError, Damaged):
        through(records, text.encode(), size)
    for border in records.borders if seen else ():
        before, after = columns_seen(text[:border]), columns_seen(text[border:])
        assert before is not None
        assert after is not None
        assert before + after == seen


def test_borders_are_as_far_apart_as_shares_are_long() -> None:
    records = Records(2)
    with patch("runner.files.records._SHARE", 1_000_000):
        through(records, b'a,"b\n"\n' * 1_000_000, 1 << 20)
    gaps = [after - before for before, after in pairwise((0, *records.borders, 7_000_000))]
    assert all(1_000_000 <= gap <= 1_500_000 for gap in gaps[:-1])
    assert len(gaps) >= 5


def test_commas_without_a_line_end_are_wrong_before_they_fill_the_memory() -> None:
    with pytest.raises(ColumnCountError, match="record 1 has more than 131,072 columns"):
        Records(3).take(b"," * (1 << 17))
