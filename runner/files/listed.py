"""Rows that came as JSON, page by page, as the table that an export's file would be."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from runner.files import rawfile
from runner.files.durable import open_own, sync, write_all
from runner.files.rawfile import Note
from runner.files.table import header_line
from runner.jsonvalue import Written
from runner.seam import effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from runner.files.work import Column
    from runner.jsonvalue import JsonValue


def begin(raw: Path, columns: Sequence[Column]) -> None:
    """Make an empty table. It has a header always, so that no first row is ever taken for one."""
    rawfile.start_over(raw, Note())
    _append(raw, header_line(columns))


def add(raw: Path, rows: Iterable[Sequence[JsonValue]]) -> None:
    """Write a page of rows behind those that are there."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
    # Half a character is no text; JSON can hold it all the same, and it is kept.
    _append(raw, text.getvalue().encode("utf-8", "surrogatepass"))


def finish(raw: Path) -> None:
    """Have it on the disk, complete."""
    with open_own(raw, "ab") as file:
        sync(file, str(raw))
    rawfile.vouch(raw, Note())


def cell(value: JsonValue) -> str:
    """A value as a CSV cell: text as it is, null as nothing, everything else as JSON writes it (`true`, `[1, 2]`)."""
    if value is None:
        return ""
    if isinstance(value, Written):
        return value.text
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _append(raw: Path, block: bytes) -> None:
    with effect("write", str(raw)), open_own(raw, "ab") as file:
        write_all(file, block)
