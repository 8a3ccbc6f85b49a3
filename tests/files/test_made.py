"""Work that was done is not done again, unless what it made is not whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.botify.download import open_download
from runner.files.made import prepare_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.files.work import FileWork
    from tests.files.server import FileServer


def test_who_comes_second_finds_what_the_first_made(work: FileWork, server: FileServer) -> None:
    first = prepare_once(work, open_download)
    work.raw.unlink()
    again = prepare_once(replace(work, url=f"{server.url}?another-signature"), open_download)
    assert again == replace(first, fetched=0, seconds=again.seconds)
    assert first.fetched
    assert not work.raw.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda work: work.staged.write_bytes(work.staged.read_bytes()[:-1]),
        lambda work: work.staged.write_bytes(work.staged.read_bytes().replace(b"a", b"b")),
        lambda work: work.staged.unlink(),
        lambda work: [note.write_bytes(note.read_bytes()[:-9]) for note in work.staged.parent.glob("file.staged?*")],
        lambda work: [note.unlink() for note in work.staged.parent.glob("file.staged?*")],
    ],
    ids=["cut short", "changed", "gone", "a torn note", "no note"],
)
def test_what_is_not_whole_is_made_again(work: FileWork, spoil: Callable[[FileWork], None]) -> None:
    first = prepare_once(work, open_download)
    whole = work.staged.read_bytes()
    spoil(work)
    work.raw.unlink()
    again = prepare_once(work, open_download)
    assert again.fetched == first.fetched
    assert work.staged.read_bytes() == whole


def test_another_jobs_file_is_not_taken_for_this_ones(work: FileWork) -> None:
    first = prepare_once(work, open_download)
    other = replace(work, raw=work.raw.with_name("another-job.raw"))
    assert prepare_once(other, open_download).fetched == first.fetched
