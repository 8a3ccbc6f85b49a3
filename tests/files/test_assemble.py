"""Parts become one table: every record once, one header, counted."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.errors import ColumnCountError, PlaceError, RowCountError
from runner.files.assemble import Assembly, assemble
from runner.files.order import SortKey
from runner.files.work import Column, StopRequested

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (Column("url", frozenset({"url"})), Column("code", frozenset({"code"})))
FIRST = b"/b,404\n/a,200\n"
SECOND = b'/d,301\n"/c,\n",500\n'


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    parts = (tmp_path / "1.csv", tmp_path / "2.csv")
    for part, data in zip(parts, (FIRST, SECOND), strict=True):
        part.write_bytes(data)
    return Assembly(parts, tmp_path / "work/whole.staged", COLUMNS, 4)


def test_parts_follow_one_another_under_one_header(assembly: Assembly) -> None:
    receipt = assemble(assembly)
    assert receipt.staged.read_bytes() == b"url,code\n" + FIRST + SECOND
    assert (receipt.rows, receipt.bytes) == (4, len(b"url,code\n" + FIRST + SECOND))


def test_a_whole_can_be_compressed_and_without_a_header(assembly: Assembly) -> None:
    receipt = assemble(replace(assembly, compress=True, with_header=False))
    assert gzip.decompress(receipt.staged.read_bytes()) == FIRST + SECOND


def test_a_whole_is_sorted_over_all_its_parts(assembly: Assembly) -> None:
    receipt = assemble(replace(assembly, sort=(SortKey(1, number=True, descending=True),)))
    assert receipt.staged.read_bytes() == b'url,code\n"/c,\n",500\n/b,404\n/d,301\n/a,200\n'


def test_a_part_whose_last_line_is_open_does_not_swallow_the_next(assembly: Assembly) -> None:
    assembly.parts[0].write_bytes(FIRST.rstrip(b"\n"))
    with pytest.raises(ColumnCountError):
        assemble(assembly)
    assert not assembly.staged.exists()


def test_a_row_too_few_is_no_whole(assembly: Assembly) -> None:
    with pytest.raises(RowCountError, match="4 rows together, and the whole has 5"):
        assemble(replace(assembly, rows=5))
    assert not assembly.staged.exists()


def test_a_part_that_is_gone_is_said_to_be(assembly: Assembly) -> None:
    assembly.parts[1].unlink()
    with pytest.raises(PlaceError, match=f"{assembly.parts[1]}: No such file"):
        assemble(assembly)


def test_it_stops_when_asked(assembly: Assembly) -> None:
    with pytest.raises(StopRequested):
        assemble(assembly, lambda: True)
    assert not assembly.staged.exists()
