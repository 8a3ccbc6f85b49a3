"""Files that are made of exports' files: what each was made of, and how to tell that nobody changed it."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.state.database import Database, Row


@dataclass(frozen=True, slots=True)
class DerivedFile:
    """One such file; `source` is the digest of what it was made of, `rows` are data rows."""

    path: str
    source: str
    rows: int
    bytes: int
    sha256: str
    mark: int


class Derived:
    """The table `derived`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def at(self, path: str) -> DerivedFile | None:
        """What was made at this path."""
        row = self._database.first("SELECT * FROM derived WHERE path = ?", (path,))
        return _file(row) if row else None

    def all(self) -> Iterator[DerivedFile]:
        """Every such file, by path."""
        return map(_file, self._database.rows("SELECT * FROM derived ORDER BY path"))

    def put(self, file: DerivedFile) -> None:
        """Note what was made, durably."""
        with self._database.transaction(f"derived {file.path}"):
            self._database.execute(
                "INSERT OR REPLACE INTO derived VALUES (?, ?, ?, ?, ?, ?, ?)", (*astuple(file), now())
            )


def _file(row: Row) -> DerivedFile:
    return DerivedFile(row["path"], row["source"], row["rows"], row["bytes"], row["sha256"], row["mark"])
