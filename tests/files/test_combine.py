"""One table of several: each row once, under its own project, as Python's own reader sees it."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import FileError, PlaceError, RowCountError
from runner.files import combine as combining
from runner.files.combine import Combination, Part, combine
from runner.files.work import StopRequested

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = ("org", "project", "analysis")
cells = st.text(st.sampled_from('ab,"\n é'), max_size=5)
records = st.lists(st.tuples(cells, cells), max_size=12)
names = st.tuples(*[st.text(st.sampled_from('ab,"é '), min_size=1, max_size=4)] * 3)


def written(rows: Sequence[tuple[str, ...]], end: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode(), newline="")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(names, records), min_size=1, max_size=4),
    st.booleans(),
    st.integers(1, 40),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_row_is_there_once_with_whose_it_is_in_front(
    tmp_path: Path, tables: list[tuple[tuple[str, str, str], list[tuple[str, str]]]], headed: bool, block: int, end: str
) -> None:
    parts = []
    for index, (constants, rows) in enumerate(tables):
        path = tmp_path / f"{index}.csv"
        path.write_bytes(written([("url", "h1")] * headed + rows, end))
        parts.append(Part(path, constants, len(rows)))
    before, combining._BLOCK = combining._BLOCK, block
    try:
        receipt = combine(Combination(tuple(parts), tmp_path / "staged", HEAD if headed else None))
    finally:
        combining._BLOCK = before
    expected = [[*HEAD, "url", "h1"]] * headed + [[*constants, *row] for constants, rows in tables for row in rows]
    assert read((tmp_path / "staged").read_bytes()) == expected
    assert receipt.rows == len(expected) - headed


def test_the_rows_own_bytes_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'"url",n\r\n"x",007\r\ny"z,NA\r\n')
    combine(Combination((Part(tmp_path / "a.csv", ("o", "p", "1"), 2),), tmp_path / "staged", HEAD))
    assert (tmp_path / "staged").read_bytes() == (b'org,project,analysis,"url",n\r\no,p,1,"x",007\r\no,p,1,y"z,NA\r\n')


def test_compressed_parts_make_a_compressed_table(tmp_path: Path) -> None:
    part = tmp_path / "a.csv.gz"
    part.write_bytes(gzip.compress(b"url\nx\n"))
    receipt = combine(Combination((Part(part, ("o", "p", "1"), 1),), tmp_path / "staged", HEAD, compress=True))
    assert gzip.decompress(receipt.staged.read_bytes()) == b"org,project,analysis,url\no,p,1,x\n"


def test_a_part_with_another_number_of_rows_makes_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"url\nx\n")
    with pytest.raises(RowCountError, match="has 1 rows, and 2 were put there"):
        combine(Combination((Part(tmp_path / "a.csv", ("o", "p", "1"), 2),), tmp_path / "staged", HEAD))
    assert not (tmp_path / "staged").exists()


def test_a_part_that_stops_in_a_record_makes_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'url\n"x\n')
    with pytest.raises(FileError, match="ends in the middle of a record"):
        combine(Combination((Part(tmp_path / "a.csv", ("o", "p", "1"), 1),), tmp_path / "staged", HEAD))


def test_a_part_that_is_not_there_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(PlaceError):
        combine(Combination((Part(tmp_path / "a.csv", ("o", "p", "1"), 1),), tmp_path / "staged", HEAD))


def test_it_stops_when_asked_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"url\nx\n")
    combination = Combination((Part(tmp_path / "a.csv", ("o", "p", "1"), 1),), tmp_path / "staged", HEAD)
    with pytest.raises(StopRequested):
        combine(combination, lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


MEASURE = """
import resource, sys
from pathlib import Path
from runner.files.combine import Combination, Part, combine
folder, rows = Path(sys.argv[1]), int(sys.argv[2])
parts = tuple(Part(folder / "a.csv", ("org", name, "20250413"), rows) for name in ("one", "two"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
combine(Combination(parts, folder / "staged", ("org", "project", "analysis")))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    rows = 400_000
    line = b'https://example.com/a/rather/long/path,"a title, with ""quotes""\nand a line end",200\n'
    (tmp_path / "a.csv").write_bytes(b"url,title,http_code\n" + line * rows)
    command = [sys.executable, "-c", MEASURE, str(tmp_path), str(rows)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(ran.stdout) < 40_000  # kB; the table has 70 MB


def test_parquet_files_whose_types_differ_are_one_table_of_what_holds_both(tmp_path: Path) -> None:
    first, second = tmp_path / "a'b.parquet", tmp_path / "b.parquet"
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT 7 AS n) TO '{tmp_path}/a''b.parquet' (FORMAT parquet)")
        database.execute(f"COPY (SELECT 'NA' AS n) TO '{second}' (FORMAT parquet)")
        parts = (Part(first, ("o'o", "p", "1"), 1), Part(second, ("o", "q", "1"), 1))
        receipt = combine(Combination(parts, tmp_path / "work/staged", HEAD, parquet=True))
        found = database.execute("SELECT * FROM read_parquet(?)", [str(receipt.staged)]).fetchall()
    assert found == [("o'o", "p", "1", "7"), ("o", "q", "1", "NA")]
    assert (receipt.rows, receipt.bytes) == (2, receipt.staged.stat().st_size)


def test_a_parquet_part_with_another_number_of_rows_makes_no_table(tmp_path: Path) -> None:
    part = tmp_path / "a.parquet"
    duckdb.execute(f"COPY (SELECT 7 AS n) TO '{part}' (FORMAT parquet)")
    with pytest.raises(RowCountError, match="has 1 rows, and 2 were put there"):
        combine(Combination((Part(part, ("o", "p", "1"), 2),), tmp_path / "staged", HEAD, parquet=True))
    part.write_bytes(b"no Parquet")
    with pytest.raises(PlaceError, match="cannot put Parquet files together"):
        combine(Combination((Part(part, ("o", "p", "1"), 2),), tmp_path / "staged", HEAD, parquet=True))
