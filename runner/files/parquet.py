"""A checked table as Parquet: its columns with the types that the API gives its fields, in bounded memory."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from itertools import product
from typing import TYPE_CHECKING

from runner.errors import FileError, PlaceError, UsageError
from runner.files.durable import sync
from runner.files.shares import shares
from runner.files.work import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

# What the API's types are in Parquet; everything else, days and times too, stays the text that the API wrote.
_TYPES = {"integer": "BIGINT", "long": "BIGINT", "float": "DOUBLE", "double": "DOUBLE", "boolean": "BOOLEAN"}
_TEXT = "VARCHAR"
# The longest line, in bytes, and the memory that DuckDB may take for all of it: as a rule, and for a table that needs
# more. A reader's buffer is as large as sixteen of the longest lines where it is not said.
_ROOMS = ((16 << 20, "350MB"), (256 << 20, "2GB"))
# zstd's first level makes files of about the size that its third makes, the usual one, and few values are enough for a
# dictionary: to find out late that a column has too many costs as much as writing it. Together a quarter of the time.
_FORM = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 4096"
# Several threads may not read one file: they look for the beginnings of records by themselves, and quotes mislead them
# (tried). Each may read a share of it that begins and ends where the check saw records end: rows keep their order. With
# lines up to this long; a table that has longer ones is read by one thread.
_THREADS, _LINE_OF_SHARES, _MEMORY_OF_SHARES = 2, 2 << 20, "350MB"
_COPY = """
COPY (SELECT * FROM read_csv(?, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"',
  nullstr = '', allow_quoted_nulls = false, max_line_size = ?, buffer_size = ?, parallel = false, columns = {columns}))
TO '{target}' ({form})
"""


def need_parquet() -> None:
    """Raise UsageError where no library that writes Parquet is installed: before anything is paid for."""
    if find_spec("duckdb") is None:
        raise UsageError("`format: parquet` needs a library that is not installed", "pip install 'bqlrun[parquet]'")


def to_parquet(receipt: Receipt, columns: Sequence[tuple[str, str | None]]) -> Receipt:
    """The staged table, which has no header, as a staged Parquet file beside it; the table stays.

    `columns` are names and the API's types. A column whose values are not of its type makes every column a text: what
    was paid for is never refused for its form. An empty cell is null, and one that is quoted an empty text.
    """
    target = receipt.staged.with_name(f"{receipt.staged.name}.parquet")
    names = _unique([name for name, _ in columns])
    kinds = [_TYPES.get(kind or "", _TEXT) for _, kind in columns]
    try:
        rows = _write_shares(receipt, target, names, kinds) or _write(receipt.staged, target, names, kinds)
        with target.open("rb+") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            sync(file, str(target))
    except OSError as error:
        raise PlaceError(f"cannot write {target}: {error.strerror or error}") from error
    if rows != receipt.rows:
        raise FileError(f"the table has {receipt.rows:,} rows, and {rows:,} of them came into Parquet")
    return Receipt(target, rows, target.stat().st_size, sha256, receipt.fetched)


def union(tables: Sequence[tuple[Path, Sequence[tuple[str, str]]]], target: Path) -> Receipt:
    """Parquet files one after the other as one, each with columns in front that are the same in all its rows.

    Columns are matched by their places; where two files do not agree on a type, it is the one that holds both.
    """
    selects = (_select(path, constants) for path, constants in tables)
    statement = f"COPY ({' UNION ALL '.join(selects)}) TO {_quoted(str(target))} ({_FORM})"
    rows = _asked(statement)
    with target.open("rb+") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        sync(file, str(target))
    return Receipt(target, rows, target.stat().st_size, sha256, 0)


def rows_of(table: Path) -> int:
    """How many rows a Parquet file says it has."""
    return _asked(f"SELECT num_rows FROM parquet_file_metadata({_quoted(str(table))})")  # noqa: S608  quoted


def _select(table: Path, constants: Sequence[tuple[str, str]]) -> str:
    named = "".join(f"{_quoted(value)} AS {name}, " for name, value in constants)
    return f"SELECT {named}* FROM read_parquet({_quoted(str(table))})"  # noqa: S608  quoted


def _asked(statement: str) -> int:
    import duckdb

    try:
        with duckdb.connect(config={"memory_limit": "256MB", "threads": 1}) as database:
            found = database.execute(statement).fetchone()
    except duckdb.Error as error:
        raise PlaceError(f"cannot put Parquet files together: {error}") from error
    return int(found[0]) if found else 0


def _write_shares(receipt: Receipt, target: Path, names: Sequence[str], kinds: Sequence[str]) -> int | None:
    """As `_write`, by several threads; None where no borders are known or something in it asks for the other way."""
    import duckdb

    if not receipt.borders:
        return None
    columns = dict(zip(names, kinds, strict=True))
    try:
        with (
            shares(receipt.staged, receipt.borders, _THREADS) as pipes,
            duckdb.connect(config={"memory_limit": _MEMORY_OF_SHARES, "threads": _THREADS}) as database,
        ):
            return _copy(database, pipes, target, columns, _LINE_OF_SHARES)
    # Not every system sends a file to a pipe; what is wrong with the table itself is met once more the other way.
    except (duckdb.Error, OSError):
        return None


def _write(table: Path, target: Path, names: Sequence[str], kinds: Sequence[str]) -> int:
    import duckdb

    texts = (_TEXT,) * len(kinds)
    for types, (longest_line, memory) in product(dict.fromkeys((tuple(kinds), texts)), _ROOMS):
        try:
            with duckdb.connect(config={"memory_limit": memory, "threads": 1}) as database:
                return _copy(database, [str(table)], target, dict(zip(names, types, strict=True)), longest_line)
        except duckdb.Error as error:
            failure = error
    raise PlaceError(f"cannot make Parquet of {table}: {failure}")


def _copy(
    database: duckdb.DuckDBPyConnection, tables: list[str], target: Path, columns: dict[str, str], longest_line: int
) -> int:
    shape = ", ".join(f"{_quoted(name)}: '{kind}'" for name, kind in columns.items())
    statement = _COPY.format(columns=f"{{{shape}}}", target=str(target).replace("'", "''"), form=_FORM)
    rows = database.execute(statement, [tables, longest_line, 2 * longest_line]).fetchone()
    return int(rows[0]) if rows else 0


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _unique(names: Sequence[str]) -> list[str]:
    """Different names for all columns, as Parquet needs them; it does not tell upper from lower case."""
    unique: list[str] = []
    for name in names:
        number, other = 2, name
        while other.casefold() in {each.casefold() for each in unique}:
            number, other = number + 1, f"{name}_{number}"
        unique.append(other)
    return unique
