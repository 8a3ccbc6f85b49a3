"""The only module that knows DuckDB: one in-memory engine, a cursor for each question, rows in batches."""

from __future__ import annotations

from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from runner.emulator.errors import Refused
from runner.errors import UsageError

try:
    import duckdb
except ImportError as missing:
    raise UsageError("the emulator needs DuckDB", "pip install 'bqlrun[emulator]'") from missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Row = tuple[Any, ...]
BATCH = 5_000


class QueryFailed(Refused):
    """DuckDB could not answer: a value that does not convert, a sum that overflows, memory that ran out."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, 1044, reason)


class Engine:
    """A DuckDB that calculates, and holds no data."""

    def __init__(self, spill: Path, statements: Iterable[str]) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET threads = 2")
        self._connection.execute("SET memory_limit = '400MB'")
        self._connection.execute("SET temp_directory = $spill", {"spill": str(spill)})
        self._connection.execute("SET enable_external_access = false")
        for statement in statements:
            self._connection.execute(statement)

    def execute(self, statement: str) -> None:
        """Run a statement of ours that has no rows."""
        with closing(self._connection.cursor()) as cursor, _translated():
            cursor.execute(statement)

    def batches(self, sql: str, parameters: Sequence[object]) -> Iterator[list[Row]]:
        """The rows of an answer, a few thousand at a time."""
        with closing(self._connection.cursor()) as cursor, _translated():
            cursor.execute(sql, list(parameters))
            while rows := cursor.fetchmany(BATCH):
                yield rows

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a small answer."""
        return [row for batch in self.batches(sql, parameters) for row in batch]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise QueryFailed(str(error).partition("\n")[0]) from error


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def valid_regex(pattern: str) -> bool:
    """Whether the database's regular expressions know this one. They match in linear time, whatever it is."""
    with closing(_scratch().cursor()) as cursor:
        try:
            cursor.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error:
            return False
    return True
