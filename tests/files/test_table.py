"""What the API adds is taken off, one header is put on, and no byte of a value changes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import ArchiveError, ColumnCountError, FileError
from runner.files.records import Records
from runner.files.table import header_line, is_header, table
from runner.files.work import Column, Damaged
from tests.files.tables import COLUMNS, DATA, HEADER, ROWS, WANTED

BOM = b"\xef\xbb\xbf"
PAIR = (
    Column("url", frozenset({"url", "URL", "crawl.20250413.url"})),
    Column("Depth, counted", frozenset({"depth", "Depth", "crawl.20250413.depth"})),
)


def through(
    data: bytes, columns: tuple[Column, ...] = COLUMNS, *, with_header: bool = True, size: int = 1 << 20
) -> tuple[bytes, int]:
    """The normalised table and its number of rows, the data cut into blocks of a size."""
    records = Records(len(columns))
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    return b"".join(table(blocks, columns, records, with_header=with_header)), records.rows


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [
        DATA,
        ROWS,
        b"sep=,\n" + DATA,
        b"sep=,\r\n" + DATA,
        b'"sep=,"\n' + DATA,
        BOM + DATA,
        BOM + b"sep=,\n" + DATA,
        b"sep=,\n" + BOM + DATA,
        b"sep=,\n" + ROWS,
        DATA.removesuffix(b"\n"),
    ],
)
def test_the_same_table_comes_of_whatever_the_api_puts_around_it(data: bytes, size: int) -> None:
    assert through(data, size=size) == (WANTED, 40)
    assert through(data, with_header=False, size=size) == (ROWS, 40)


@pytest.mark.parametrize("data", [b"", BOM, b"sep=,", b"sep=,\n", DATA.partition(b"\n")[0], b"url,x\n", BOM + b"url,"])
def test_a_table_without_rows_is_a_table(data: bytes) -> None:
    assert through(data) == (HEADER, 0)
    assert through(data, with_header=False) == (b"", 0)


@pytest.mark.parametrize(
    "header",
    [
        b"url,depth",
        b"URL,Depth",
        b'"url","depth"',
        b"crawl.20250413.url,crawl.20250413.depth",
        b" Url , DEPTH ",
        b"url,some name that nobody foresaw",
        b",depth",
    ],
)
def test_a_header_is_known_by_any_name_of_any_column(header: bytes) -> None:
    assert is_header(header + b"\n", PAIR)
    assert through(header + b"\na,1\n", PAIR) == (b'url,"Depth, counted"\na,1\n', 1)


@pytest.mark.parametrize(
    "record",
    [b"https://www.example.com/,3", b"https://www.example.com/url,2", b"depth of a field,url guide", b",", b""],
)
def test_values_are_not_taken_for_a_header(record: bytes) -> None:
    assert not is_header(record, PAIR)


def test_columns_in_another_order_are_refused() -> None:
    with pytest.raises(FileError, match="another order than the query: depth, url"):
        through(b"depth,url\n3,https://www.example.com/\n", PAIR)


def test_one_name_for_two_columns_is_no_other_order() -> None:
    both = (Column("one", frozenset({"clicks"})), Column("two", frozenset({"clicks", "period 1"})))
    assert through(b"clicks,clicks\n1,2\n", both) == (b"one,two\n1,2\n", 1)


def test_a_header_with_too_few_names_counts_as_a_record_and_is_refused() -> None:
    with pytest.raises(ColumnCountError, match="record 1 has 1 columns, and the query has 2"):
        through(b"url\nhttps://www.example.com/\n", PAIR)


def test_another_separator_is_refused() -> None:
    with pytest.raises(ArchiveError, match="';' separates its columns"):
        through(b"sep=;\nurl;depth\na;1\n", PAIR)


def test_lines_keep_the_ends_that_they_have() -> None:
    assert through(b"url,depth\r\na,1\r\nb,2", PAIR) == (b'url,"Depth, counted"\r\na,1\r\nb,2\r\n', 2)
    assert through(b"a,1\r\nb,2\r\n", PAIR) == (b'url,"Depth, counted"\r\na,1\r\nb,2\r\n', 2)


@pytest.mark.parametrize("rows", [b"a,1\nb", b'a,1\n"b', b'a,1\nb,"2\n', b'a,1\n"b\n"'])
def test_a_table_that_stops_within_a_record_is_damaged(rows: bytes) -> None:
    with pytest.raises(Damaged, match="in the middle of record 2"):
        through(rows, PAIR)


def test_a_last_value_that_is_empty_is_no_missing_one() -> None:
    assert through(b'a,1\n"b\n",', PAIR, with_header=False) == (b'a,1\n"b\n",\n', 2)


def test_a_first_record_of_megabytes_is_data() -> None:
    long = b'"' + b"url,\n" * 500_000 + b'",1\n'
    assert through(long + b"b,2\n", PAIR, with_header=False) == (long + b"b,2\n", 2)


def test_a_header_is_written_so_that_it_can_be_read() -> None:
    columns = [Column(name, frozenset()) for name in ("plain", 'with "quotes"', "a, b", "two\nlines", "é")]
    line = header_line(columns).decode()
    assert next(csv.reader(io.StringIO(line, newline=""))) == [column.header for column in columns]


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text(st.sampled_from('ab,"\n\r 7é'), max_size=5), min_size=2, max_size=2), max_size=8),
    st.sampled_from([b"", BOM, b"sep=,\r\n", BOM + b"sep=,\r\n"]),
    st.sampled_from([b"", b"url,depth\r\n"]),
    st.integers(1, 40),
)
def test_any_rows_come_through_byte_by_byte(rows: list[list[str]], before: bytes, header: bytes, size: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    data = text.getvalue().encode()
    assert through(before + header + data, PAIR, with_header=False, size=size) == (data, len(rows))
    assert [*csv.reader(io.StringIO(data.decode(), newline=""))] == rows
