"""The one use of SQLite: a file that is durable at every commit, and errors that a person can act on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from runner.errors import StateError
from runner.seam import effect
from runner.state.room import private_folder
from runner.state.schema import TABLES, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

# How long a command waits for another process's commit, in seconds.
PATIENCE = 30

Row = sqlite3.Row


class Database:
    """One connection to a state file. Reads outside a transaction see the newest commit.

    With `reads_only` nothing is made: no file, no tables, no newer format.
    """

    def __init__(self, path: Path, *, reads_only: bool = False) -> None:
        self.path = path
        self._durable = True
        with self._readable_errors():
            self._connection = _connect_to_read(path) if reads_only else _connect(path)
            if reads_only and self._is_new:
                self._connection.close()
                self._connection = _nothing()
            self._prepare(reads_only=reads_only)

    @property
    def version(self) -> int:
        """The file's format."""
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    @property
    def _is_new(self) -> bool:
        """Whether who made the file was killed before its first commit."""
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return self.version == 0 and tables == 0

    def same_format(self, other: Database) -> None:
        """Raise StateError where another file's format is not this one's."""
        if other.version != self.version:
            raise StateError(f"{other.path} is of another version of bqlrun", "let the one that wrote it merge it")

    def close(self) -> None:
        """Close the connection; whatever was committed stays."""
        self._connection.close()

    @contextmanager
    def transaction(self, subject: str, *, durable: bool = True) -> Iterator[None]:
        """Everything inside is committed together or not at all; `subject` names it for the seam.

        One that is not `durable` survives a kill but not a power cut, until the next durable commit saves both.
        """
        with self._readable_errors():
            self._be(durable=durable)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                with effect("commit", subject):
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _be(self, *, durable: bool) -> None:
        if durable != self._durable:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int | None:
        """Change something; returns the new row's id where one was inserted."""
        with self._readable_errors():
            return self._connection.execute(sql, values).lastrowid

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of a query, one by one."""
        with self._readable_errors():
            yield from self._connection.execute(sql, values)

    def first(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, if there is one."""
        with self._readable_errors():
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def function(self, name: str, arguments: int, function: Callable[..., bool]) -> None:
        """Let queries ask a function of ours, the same answer each time."""
        self._connection.create_function(name, arguments, function, deterministic=True)

    def _prepare(self, *, reads_only: bool) -> None:
        version = self.version
        if version == 0 and not reads_only:
            self._make_tables()
        elif version not in {0, VERSION}:
            raise StateError(
                f"{self.path} was written by another version of bqlrun (its format is {version}, this one's {VERSION})",
                "use the newer bqlrun, or another file with --state"
                if version > VERSION
                else "move it away, and `bqlrun state rebuild` makes one from the manifests beside the files",
            )

    def _make_tables(self) -> None:
        """Two processes may come here together: only the first of them finds an empty file."""
        with self.transaction("new state file"):
            if self.version:
                return
            _write_tables(self._connection)

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StateError(f"the state file {self.path} cannot be used: {error}", _hint(error)) from error


def _connect(path: Path) -> sqlite3.Connection:
    try:
        private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateError(f"the state file {path} cannot be opened: {error.strerror}", "--state names another") from None
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Without a log beside it the file is complete, and read as it is: SQLite would make a log only to read it."""
    log = path.with_name(f"{path.name}-wal")
    address = f"file:{quote(str(path.absolute()))}?mode=ro{'' if log.exists() else '&immutable=1'}"
    connection = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _nothing() -> sqlite3.Connection:
    """A new state file in memory: stands for a file without tables where nothing may be written."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    _write_tables(connection)
    return connection


def _write_tables(connection: sqlite3.Connection) -> None:
    for statement in TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def is_damaged(path: Path) -> bool:
    """Whether a file is no database, or one that contradicts itself. Raises StateError where nobody can tell."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone() != ("ok",))
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return True
        raise StateError(f"the state file {path} cannot be used: {error}", _hint(error)) from error


def _hint(error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "locked" in text:
        return "another process holds it; wait for it to end, or use another file with --state"
    if "readonly" in text:
        return "give yourself permission to write it and its folder"
    if "full" in text or "disk I/O" in text:
        return "make room on the disk and run again: nothing that was paid for is lost"
    return "it is damaged: `bqlrun state rebuild` sets it aside and makes one from the manifests beside the files"
