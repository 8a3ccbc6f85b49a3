"""A table in shares is the same bytes, and neither a reader nor a feeder ever waits for one that is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.files.shares import shares

DATA = b"".join(b"%d\n" % number for number in range(200_000))
BORDERS = (7, 300_000, 300_007, 900_000)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table"
    path.write_bytes(DATA)
    return path


def read(pipe: str) -> bytes:
    return Path(pipe).read_bytes()


def test_shares_are_the_table_one_after_the_other(table: Path) -> None:
    with shares(table, BORDERS, readers=2) as pipes, ThreadPoolExecutor(2) as readers:
        found = [*readers.map(read, pipes)]
    assert [*map(len, found)] == [7, 299_993, 7, 599_993, len(DATA) - 900_000]
    assert b"".join(found) == DATA


def test_nothing_is_left_of_the_pipes(table: Path) -> None:
    with shares(table, BORDERS, readers=1) as pipes:
        assert all(Path(pipe).is_fifo() for pipe in pipes)
    assert not Path(pipes[0]).parent.exists()


def test_a_reader_that_stops_early_is_waited_for_no_longer(table: Path) -> None:
    with shares(table, BORDERS, readers=2) as pipes, Path(pipes[1]).open("rb") as half:
        assert half.read(1000) == DATA[7:1007]


def test_a_table_that_is_gone_ends_every_share_and_is_an_error(table: Path) -> None:
    with pytest.raises(FileNotFoundError), shares(table, BORDERS, readers=1) as pipes:  # noqa: PT012
        table.unlink()
        assert [*map(read, pipes)] == [b""] * 5
