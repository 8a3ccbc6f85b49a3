"""The same work asked for twice: the second worker finds what the first one made, checks it, and fetches nothing."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.files.durable import write_whole
from runner.files.prepare import prepare
from runner.files.rawfile import note_path
from runner.files.work import Receipt, never
from runner.jsonvalue import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.files.link import Opener
    from runner.files.work import FileWork


def prepare_once(work: FileWork, opener: Opener, stopped: Callable[[], bool] = never) -> Receipt:
    """See `prepare`. What it made is noted beside it, for a scheduler that forgets a finished task with its worker."""
    made = _made(work)
    if made:
        return made
    receipt = prepare(work, opener, stopped)
    _note(work, receipt)
    return receipt


def _note(work: FileWork, receipt: Receipt) -> None:
    found = {"work": _identity(work), "rows": receipt.rows, "bytes": receipt.bytes, "sha256": receipt.sha256}
    write_whole(note_path(work.staged), json.dumps(found).encode())


def _made(work: FileWork) -> Receipt | None:
    """The receipt of a staged file that is what this very work comes to, byte by byte."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(note_path(work.staged).read_bytes())
        with work.staged.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if (note["work"], note["sha256"]) == (_identity(work), found):
            return Receipt(work.staged, note["rows"], note["bytes"], found, fetched=0)
    return None


def _identity(work: FileWork) -> str:
    """The raw file's name stands for the job; its address is a secret, and another one each time."""
    columns = [[column.header, sorted(column.aliases)] for column in work.columns]
    return digest([work.raw.name, work.staged.name, columns, work.with_header, work.compress])
