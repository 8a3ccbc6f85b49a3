"""A large file is unpacked and checked while it arrives, and comes to the same whatever happens to it on its way."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.botify.download import open_download
from runner.errors import ArchiveError, DownloadError
from runner.files import prepare as preparing
from runner.files.arriving import Abandoned, Arriving
from runner.files.prepare import FETCHES, prepare
from runner.files.work import Bounds, FileWork, StopRequested, never
from tests.files.server import Answer, Asked, FileServer, Served, status
from tests.files.tables import HASTY, HEADER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Some megabytes that can hardly be packed: several blocks arrive, one after the other.
ROWS = b"".join(
    b"https://www.example.com/%d,%s\n" % (each, hashlib.sha512(b"%d" % each).hexdigest().encode())
    for each in range(40_000)
)
WANTED = HEADER + ROWS
DATA = b"url,metadata.title.content\n" + ROWS
PACKED = gzip.compress(DATA, 1)


def done(work: FileWork, stopped: Callable[[], bool] = never, bounds: Bounds | None = None) -> bytes:
    """What is staged, whole and as its receipt says."""
    receipt = prepare(work, open_download, stopped, HASTY, bounds)
    staged = work.staged.read_bytes()
    assert (receipt.rows, receipt.sha256) == (staged.count(b"\n") - 1, hashlib.sha256(staged).hexdigest())
    return staged


def nobody_is_at_work() -> bool:
    return not [thread.name for thread in threading.enumerate() if thread.name in {"early", "ahead"}]


@pytest.mark.parametrize("data", [DATA, PACKED], ids=["plain", "gzip"])
def test_the_work_is_under_way_before_the_last_byte_has_come(server: FileServer, work: FileWork, data: bytes) -> None:
    seen: list[int] = []

    def wait_for_work(at: int) -> None:
        deadline = time.monotonic() + 8
        while at and time.monotonic() < deadline and (not seen or seen[-1] < len(WANTED) // 4):
            seen.append(work.staged.stat().st_size if work.staged.exists() else 0)
            time.sleep(0.005)

    server.next(lambda asked: replace(Served(data).answer(asked), drip=len(data) - 1, before=wait_for_work))
    assert done(work) == WANTED
    assert seen[-1] >= len(WANTED) // 4
    assert nobody_is_at_work()


def test_however_often_the_connection_breaks_and_the_file_changes_the_table_is_the_last_one(
    server: FileServer, work: FileWork
) -> None:
    """What came of a file that is another one by now is in no table."""
    last = HEADER + ROWS[: ROWS.rindex(b"\n", 0, len(ROWS) * 9 // 10) + 1]
    kinds = {False: (DATA, last), True: (PACKED, gzip.compress(last, 1))}

    def broken(served: Served, cut: int) -> Callable[[Asked], Answer]:
        return lambda asked: replace(served.answer(asked), cut=cut)

    @settings(max_examples=25)
    @given(st.lists(st.integers(0, len(PACKED) - 1), max_size=3), st.integers(0, 3), st.booleans(), st.booleans())
    def check(cuts: list[int], changes: int, packed: bool, ranges: bool) -> None:
        for leftover in work.raw.parent.glob("*"):
            leftover.unlink()
        before, after = kinds[packed]
        first, second = Served(before, ranges=ranges), Served(after, etag='"two"', ranges=ranges)
        server.turns.clear()
        server.asked.clear()
        server.next(*(broken(second if turn >= changes else first, cut) for turn, cut in enumerate(cuts)))
        server.served = second
        found = done(work)
        # It may have been there, whole, before it changed.
        assert found == (WANTED if len(server.asked) <= min(changes, len(cuts)) else last)
        assert nobody_is_at_work()

    check()


@pytest.mark.parametrize(
    ("start", "bounds", "said", "tries"),
    [
        (PACKED[:-8] + b"checksum", Bounds(), "damaged", FETCHES),
        (gzip.compress(HEADER * (2 << 20)), Bounds(size=9 << 20), "refused as a bomb", 1),
        (b"<!DOCTYPE html>", Bounds(), "web page", 1),
    ],
    ids=["damaged", "bomb", "page"],
)
def test_of_what_is_no_good_little_is_fetched(
    server: FileServer, work: FileWork, start: bytes, bounds: Bounds, said: str, tries: int
) -> None:
    """Its first megabyte tells; of the many that follow, few leave the server."""
    left: list[int] = []
    body = start + bytes(100 << 20)
    answer = Answer(200, {"Content-Length": str(len(body))}, body, drip=1 << 18, before=left.append)
    server.next(*[lambda _: answer] * tries)
    with pytest.raises(ArchiveError, match=said):
        done(work, bounds=bounds)
    assert len(server.asked) == tries
    assert max(left) < len(body) // 2
    assert not list(work.staged.parent.iterdir())
    assert nobody_is_at_work()


@pytest.mark.parametrize("least", [0, 1 << 30], ids=["while it arrives", "when it is there"])
def test_a_wrong_byte_that_looks_like_a_wrong_record_is_fetched_again(
    server: FileServer, work: FileWork, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(preparing, "_SMALL", least)
    plain = gzip.compress(DATA, 0)
    damaged = plain.replace(b"/777,", b"/777_", 1)
    assert damaged != plain
    server.next(Served(damaged).answer)
    server.served = Served(plain)
    assert done(work) == WANTED
    assert len(server.asked) == 2
    assert nobody_is_at_work()


def test_a_stop_while_both_are_under_way_ends_both_and_keeps_what_has_come(server: FileServer, work: FileWork) -> None:
    begun = threading.Event()

    def stopped() -> bool:
        if work.staged.exists():
            begun.set()
        return begun.is_set()

    server.next(lambda asked: replace(Served(DATA).answer(asked), drip=1 << 17))
    with pytest.raises(StopRequested):
        done(work, stopped)
    assert nobody_is_at_work()
    assert not work.staged.exists()
    assert work.raw.stat().st_size >= 1 << 20
    server.served = Served(DATA)
    assert done(work) == WANTED
    assert server.asked[-1].first > 0


def test_a_download_that_fails_for_good_says_so_and_leaves_nobody_at_work(server: FileServer, work: FileWork) -> None:
    server.served = Served(DATA)
    server.next(server.cut(len(DATA) // 2), status(403))
    with pytest.raises(DownloadError) as raised:
        done(work)
    assert raised.value.status == 403
    assert nobody_is_at_work()
    assert not work.staged.exists()


def test_a_small_file_takes_no_thread(work: FileWork, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    monkeypatch.setattr(preparing, "_stage_side_by_side", lambda *told: begun.append(told))
    prepare(work, open_download, never, HASTY)
    assert begun == []


def test_who_reads_what_arrives_waits_for_it_and_not_for_what_is_abandoned(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(b"ab")
    arriving = Arriving(raw)
    arriving.grew(2, 4)
    assert (arriving.size, Arriving.whole(raw).size) == (4, 2)
    with arriving.open(16) as file:
        assert file.read(2) == b"ab"
        raw.write_bytes(b"abc")
        threading.Timer(0.05, arriving.grew, (3, 4)).start()
        assert file.read(1) == b"c"
        threading.Timer(0.05, arriving.end).start()
        assert file.read(1) == b""
        arriving.abandon()
        with pytest.raises(Abandoned):
            file.read(1)
