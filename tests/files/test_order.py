"""Records in another order: as Python would sort them, in bounded memory, byte by byte what they were."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.files import order
from runner.files.order import SortKey, ordered, records_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=6)
tables = st.lists(st.tuples(texts, texts, st.one_of(st.just(""), st.integers(-50, 50).map(str))), max_size=40)
directions = st.booleans()


def written(rows: Sequence[Sequence[str]]) -> list[bytes]:
    """Each row as a writer of CSV puts it."""
    records = []
    for row in rows:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow(row)
        records.append(text.getvalue().encode())
    return records


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "_RUN", 7)
    monkeypatch.setattr(order, "_TOGETHER", 3)


@pytest.mark.usefixtures("short_runs")
def test_records_are_sorted_as_asked_empty_ones_last(tmp_path: Path) -> None:
    @given(tables, directions, directions)
    def check(rows: list[tuple[str, str, str]], downwards: bool, backwards: bool) -> None:
        keys = (SortKey(2, number=True, descending=downwards), SortKey(0, descending=backwards))
        # Python's own stable sorts, the last key first; `reverse` too leaves equal ones in their order.
        expected = sorted(rows, key=lambda row: row[0].encode(), reverse=backwards)
        expected.sort(key=lambda row: not row[0])
        expected.sort(key=lambda row: float(row[2] or 0), reverse=downwards)
        expected.sort(key=lambda row: not row[2])
        assert list(ordered(written(rows), keys, tmp_path)) == written(expected)

    check()
    assert list(tmp_path.iterdir()) == []


@given(tables)
def test_records_are_told_apart_whatever_is_in_quotes(rows: list[tuple[str, str, str]]) -> None:
    records = written(rows)
    lines = [line + b"\n" for line in b"".join(records).split(b"\n")[:-1]]
    assert list(records_of(lines)) == records


def test_equal_records_stay_in_their_order(tmp_path: Path) -> None:
    records = [b"same,%d\n" % number for number in range(20)]
    assert list(ordered(records, (SortKey(0, descending=True),), tmp_path)) == records


def test_a_last_record_without_a_line_end_is_a_record() -> None:
    assert list(records_of([b"a\n", b"b"])) == [b"a\n", b"b"]
