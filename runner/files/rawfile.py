"""The raw file of a download, and the note beside it: whose bytes these are, and whether they are all there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from runner.files.durable import make_folder, open_own, part_of, sync, write_all, write_whole
from runner.seam import effect

if TYPE_CHECKING:
    from pathlib import Path

    from runner.jsonvalue import JsonValue


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a raw file. `validator` is a strong ETag or a date: only with one can a download be resumed.

    With a `sha256` it is complete only as long as these are its bytes: neither they nor the note were synced.
    """

    validator: str | None = None
    total: int | None = None
    complete: bool = False
    sha256: str | None = None


def note_path(raw: Path) -> Path:
    """Where the note of a raw file is."""
    return raw.with_name(f"{raw.name}.json")


def size(raw: Path) -> int:
    """How many bytes are here."""
    return raw.stat().st_size if raw.exists() else 0


def read_note(raw: Path) -> Note:
    """The note beside a raw file; one that is missing or unreadable means that nothing is known."""
    try:
        return _note(json.loads(note_path(raw).read_bytes()))
    except (OSError, ValueError, RecursionError):
        return Note()


def is_complete(raw: Path) -> bool:
    """Whether nothing is left to fetch."""
    note = read_note(raw)
    whole = note.complete and raw.exists() and size(raw) == note.total
    return whole and note.sha256 in (None, _sha256(raw))


def jot(raw: Path, note: Note) -> None:
    """Write a note that a power cut may take away: then the download starts over, and nothing else is lost."""
    part = part_of(note_path(raw))
    with effect("write", str(note_path(raw))), open_own(part, "wb") as file:
        write_all(file, _text(note))
    with effect("rename", str(note_path(raw))):
        part.replace(note_path(raw))


def vouch(raw: Path, note: Note) -> None:
    """Write durably that the raw file is complete. Its bytes must be on the disk already."""
    write_whole(note_path(raw), _text(replace(note, total=size(raw), complete=True)))


def attest(raw: Path, note: Note) -> None:
    """Write what makes a small raw file known as complete after a kill, at the cost of no sync.

    A power cut may take it away: it is fetched again then, from the same job.
    """
    jot(raw, replace(note, total=size(raw), complete=True, sha256=_sha256(raw)))


def start_over(raw: Path, note: Note) -> None:
    """Make an empty raw file for a new body.

    Old bytes are gone durably before the new note is there: a note must never stand beside another body's bytes.
    """
    make_folder(raw.parent)
    had = size(raw)
    with open_own(raw, "wb") as file:
        if had:
            sync(file, str(raw))
    jot(raw, note)


def drop(raw: Path) -> None:
    """Forget a raw file. The note goes first: without it the bytes are worth nothing."""
    note_path(raw).unlink(missing_ok=True)
    raw.unlink(missing_ok=True)


def _note(value: JsonValue) -> Note:
    """A note, if it is one; its validator will be a header of a request."""
    match value:
        case {
            "validator": str() | None as validator,
            "total": int() | None as total,
            "complete": bool() as complete,
            "sha256": str() | None as sha256,
        }:
            if (validator or "").isprintable() and not isinstance(total, bool):
                return Note(validator, total, complete, sha256)
    return Note()


def _sha256(raw: Path) -> str:
    with raw.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(note: Note) -> bytes:
    return json.dumps(asdict(note)).encode()
