"""The note beside a raw file says what is known of it, and a note in doubt says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.files import rawfile
from runner.files.rawfile import Note

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Where a raw file may come to be; its folder is not there yet."""
    return tmp_path / "work" / "job.raw"


def test_nothing_is_known_of_a_file_that_is_not_there(raw: Path) -> None:
    assert rawfile.read_note(raw) == Note()
    assert rawfile.size(raw) == 0
    assert not rawfile.is_complete(raw)


def test_a_new_body_begins_with_an_empty_file_and_its_note(raw: Path) -> None:
    rawfile.start_over(raw, Note('"one"', 10))
    assert rawfile.read_note(raw) == Note('"one"', 10, complete=False)
    assert raw.read_bytes() == b""
    raw.write_bytes(b"old bytes")
    rawfile.start_over(raw, Note('"two"'))
    assert raw.read_bytes() == b""
    assert rawfile.read_note(raw) == Note('"two"')


def test_a_file_is_complete_when_it_is_vouched_for_and_as_long_as_then(raw: Path) -> None:
    rawfile.start_over(raw, Note('"one"'))
    raw.write_bytes(b"0123456789")
    assert not rawfile.is_complete(raw)
    rawfile.vouch(raw, Note('"one"'))
    assert rawfile.is_complete(raw)
    assert rawfile.read_note(raw) == Note('"one"', 10, complete=True)
    raw.write_bytes(b"012345678")
    assert not rawfile.is_complete(raw)
    raw.unlink()
    assert not rawfile.is_complete(raw)


def test_a_small_file_is_complete_as_long_as_its_bytes_are_those_that_came(raw: Path) -> None:
    rawfile.start_over(raw, Note('"one"'))
    raw.write_bytes(b"0123456789")
    rawfile.attest(raw, Note('"one"'))
    assert rawfile.is_complete(raw)
    raw.write_bytes(bytes(10))
    assert not rawfile.is_complete(raw)


def test_an_empty_body_can_be_complete(raw: Path) -> None:
    rawfile.start_over(raw, Note())
    rawfile.vouch(raw, Note())
    assert rawfile.is_complete(raw)


def test_what_is_dropped_is_gone_and_may_be_dropped_again(raw: Path) -> None:
    rawfile.start_over(raw, Note('"one"'))
    rawfile.drop(raw)
    rawfile.drop(raw)
    assert list(raw.parent.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\xff",
        b"[" * 100_000,
        b'{"surprise": 1}',
        b'{"validator": 7}',
        b'{"validator": "one\\r\\nX-Injected: 1"}',
        b'{"total": "7"}',
        b'{"total": true}',
        b'{"complete": 1}',
    ],
)
def test_a_note_that_is_none_says_nothing(raw: Path, text: bytes) -> None:
    raw.parent.mkdir()
    raw.write_bytes(b"")
    rawfile.note_path(raw).write_bytes(text)
    assert rawfile.read_note(raw) == Note()
    assert not rawfile.is_complete(raw)


def test_notes_leave_nothing_else_behind(raw: Path) -> None:
    rawfile.start_over(raw, Note())
    rawfile.vouch(raw, Note())
    assert sorted(path.name for path in raw.parent.iterdir()) == ["job.raw", "job.raw.json"]
