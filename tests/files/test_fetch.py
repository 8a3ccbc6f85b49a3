"""A download ends with the whole file or with a typed error, and never fetches a byte that is here already."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.botify.download import open_download
from runner.errors import DownloadError, PlaceError
from runner.files import rawfile
from runner.files.fetch import Patience, fetch
from runner.files.work import FileWork, StopRequested, never
from tests.files.server import Answer, FileServer, Served, chunked, status
from tests.files.tables import DATA, HASTY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = len(DATA)


class Watching:
    """Follows a download: `told` is how many bytes were there each time, 0 where they were thrown away."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self.told: list[int] = []

    def grew(self, there: int, announced: int | None) -> None:
        assert there == rawfile.size(self._raw)
        assert announced is None or there <= announced
        self.told.append(there)

    def lost(self) -> None:
        self.told.append(0)


def get(
    work: FileWork, stopped: Callable[[], bool] = never, patience: Patience = HASTY, watching: Watching | None = None
) -> int:
    return fetch(work, open_download, stopped, patience, watching or Watching(work.raw))


def test_a_file_is_fetched_once(server: FileServer, work: FileWork) -> None:
    assert get(work) == SIZE
    assert work.raw.read_bytes() == DATA
    assert get(work) == 0
    assert server.ranges_asked() == [None]


def test_a_small_file_whose_bytes_a_power_cut_took_is_fetched_again(server: FileServer, work: FileWork) -> None:
    """It is not synced: its length may be on the disk and its bytes not."""
    get(work)
    work.raw.write_bytes(bytes(SIZE))
    assert get(work) == SIZE
    assert work.raw.read_bytes() == DATA
    assert server.ranges_asked() == [None, None]


def test_the_server_is_asked_for_the_bytes_as_they_are(server: FileServer, work: FileWork) -> None:
    get(work)
    assert server.asked[0].headers["accept-encoding"] == "identity"
    assert not {"authorization", "cookie", "referer"} & set(server.asked[0].headers)


@pytest.mark.parametrize("at", [1, 100, SIZE - 1])
def test_a_body_cut_short_is_gone_on_with_where_it_stopped(server: FileServer, work: FileWork, at: int) -> None:
    server.next(server.cut(at))
    assert get(work) == SIZE
    assert server.ranges_asked() == [None, f"bytes={at}-"]
    assert server.asked[1].headers["if-range"] == '"one"'
    assert work.raw.read_bytes() == DATA


def test_a_part_that_does_not_tell_its_length_is_measured_by_the_whole_files(
    server: FileServer, work: FileWork
) -> None:
    """It ends where its connection does, and that may have been cut."""
    server.next(server.cut(700), server.altered(lambda answer: replace(answer.without("Content-Length"), cut=100)))
    assert get(work) == SIZE
    assert server.ranges_asked() == [None, "bytes=700-", "bytes=800-"]
    assert work.raw.read_bytes() == DATA


def test_another_process_goes_on_with_what_the_first_one_left(server: FileServer, work: FileWork) -> None:
    server.next(server.cut(700), *[status(503)] * 9)
    with pytest.raises(DownloadError, match=r"answered 503; given up after 4 tries"):
        get(work)
    server.turns.clear()
    assert get(work) == SIZE - 700
    assert server.ranges_asked()[-1] == "bytes=700-"


def test_a_try_that_brings_bytes_makes_the_count_of_failures_start_again(server: FileServer, work: FileWork) -> None:
    for _ in range(5):
        server.next(server.cut(10), status(500), status(502))
    assert get(work) == SIZE
    assert len(server.asked) == 16


def test_a_reset_connection_loses_nothing_that_was_written(server: FileServer, work: FileWork) -> None:
    server.next(*[server.cut(300, reset=True)] * 3)
    get(work)
    assert work.raw.read_bytes() == DATA


def test_a_server_that_ignores_ranges_makes_it_start_over(server: FileServer, work: FileWork) -> None:
    server.served = Served(DATA, ranges=False)
    server.next(server.cut(500))
    assert get(work) == 500 + SIZE
    assert work.raw.read_bytes() == DATA


def test_a_file_that_changed_meanwhile_is_not_mixed_with_the_old_one(server: FileServer, work: FileWork) -> None:
    server.next(server.cut(500))
    server.served = Served(DATA.upper(), etag='"two"')
    get(work)
    assert work.raw.read_bytes() == DATA.upper()


def test_a_server_that_does_not_look_at_if_range_is_found_out_by_its_etag(server: FileServer, work: FileWork) -> None:
    changed = Served(DATA.upper(), etag='"two"')
    server.next(
        server.cut(500), lambda asked: changed.answer(replace(asked, headers=asked.headers | {"if-range": '"two"'}))
    )
    server.served = changed
    get(work)
    assert work.raw.read_bytes() == DATA.upper()


def test_a_file_of_another_size_is_another_file(server: FileServer, work: FileWork) -> None:
    server.next(server.cut(500), server.altered(lambda answer: answer.having(Content_Range=f"bytes 500-9/{SIZE + 5}")))
    assert get(work) == 500 + SIZE
    assert work.raw.read_bytes() == DATA


@pytest.mark.parametrize("span", ["bytes 0-9/10", f"bytes 501-{SIZE - 1}/{SIZE}", "", "nonsense"])
def test_a_range_that_was_not_asked_for_is_not_put_in_the_gap(server: FileServer, work: FileWork, span: str) -> None:
    server.next(server.cut(500), server.altered(lambda answer: answer.having(Content_Range=span)))
    get(work)
    assert work.raw.read_bytes() == DATA


@pytest.mark.parametrize("etag", ['W/"weak"', "", '"é"'])
def test_nothing_is_resumed_that_nothing_vouches_for(server: FileServer, work: FileWork, etag: str) -> None:
    server.served = Served(DATA, etag=etag)
    server.next(server.cut(500))
    assert get(work) == 500 + SIZE
    assert server.ranges_asked() == [None, None]
    assert work.raw.read_bytes() == DATA


def test_a_date_vouches_where_there_is_no_strong_etag(server: FileServer, work: FileWork) -> None:
    date = "Sun, 13 Apr 2025 10:00:00 GMT"
    server.served = Served(DATA, etag=date)

    def dated(answer: Answer) -> Answer:
        return answer.without("ETag").having(Last_Modified=date)

    server.next(server.altered(lambda answer: replace(dated(answer), cut=500)), server.altered(dated))
    assert get(work) == SIZE
    assert server.asked[1].headers["if-range"] == date


def test_416_at_the_end_of_the_file_is_the_end_of_the_download(server: FileServer, work: FileWork) -> None:
    # Without a length nobody knows that everything has arrived; the note then has a validator and no total.
    work.raw.parent.mkdir()
    rawfile.start_over(work.raw, rawfile.Note('"one"'))
    work.raw.write_bytes(DATA)
    assert get(work) == 0
    assert server.ranges_asked() == [f"bytes={SIZE}-"]
    assert rawfile.is_complete(work.raw)


def test_416_before_the_end_means_that_the_file_shrank(work: FileWork) -> None:
    work.raw.parent.mkdir()
    rawfile.start_over(work.raw, rawfile.Note('"one"'))
    work.raw.write_bytes(DATA + b"more")
    assert get(work) == SIZE
    assert work.raw.read_bytes() == DATA


def test_a_file_that_is_whole_and_not_vouched_for_needs_no_request(server: FileServer, work: FileWork) -> None:
    work.raw.parent.mkdir()
    rawfile.start_over(work.raw, rawfile.Note('"one"', SIZE))
    work.raw.write_bytes(DATA)
    assert get(work) == 0
    assert server.asked == []


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_final_and_tells_its_status(server: FileServer, work: FileWork, code: int) -> None:
    server.next(status(code))
    with pytest.raises(DownloadError, match=f"answered {code}") as raised:
        get(work)
    assert raised.value.status == code
    assert len(server.asked) == 1


def test_a_refusal_later_keeps_what_has_arrived(server: FileServer, work: FileWork) -> None:
    server.next(server.cut(500), status(403))
    with pytest.raises(DownloadError):
        get(work)
    assert get(work) == SIZE - 500


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_that_may_pass_is_tried_again(server: FileServer, work: FileWork, code: int) -> None:
    server.next(status(code), status(code))
    assert get(work) == SIZE
    assert len(server.asked) == 3


def test_tries_without_progress_come_to_an_end(server: FileServer, work: FileWork) -> None:
    server.next(*[status(500)] * 10)
    with pytest.raises(DownloadError, match="given up after 4 tries") as raised:
        get(work)
    assert raised.value.status == 500
    assert len(server.asked) == 4


def test_openings_come_to_an_end_even_with_progress(server: FileServer, work: FileWork) -> None:
    server.next(*[server.cut(1)] * 10)
    with pytest.raises(DownloadError, match="broke 6 times"):
        get(work, patience=replace(HASTY, openings=6))


def test_what_arrives_slowly_is_on_disk_soon(
    server: FileServer, work: FileWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.files.fetch._SECONDS", 0.02)
    server.next(server.altered(lambda answer: replace(answer, drip=200)))
    sizes = set()

    def look() -> bool:
        sizes.add(rawfile.size(work.raw))
        return False

    get(work, look)
    assert len(sizes) > 3


def test_retry_after_is_waited_for(server: FileServer, work: FileWork) -> None:
    server.next(status(429, Retry_After="1"))
    start = time.monotonic()
    get(work, patience=replace(HASTY, longest_asked=0.3))
    assert 0.3 <= time.monotonic() - start < 1


def test_waits_grow_are_spread_and_stay_within_bounds() -> None:
    patience = Patience(first=1, longest=30, longest_asked=120)
    assert all(0.5 <= patience.delay(1, None) <= 1 for _ in range(50))
    assert len({patience.delay(4, None) for _ in range(50)}) > 1
    assert patience.delay(50, None) <= 30
    assert patience.delay(1, 3600) == 120


def test_a_body_without_a_length_ends_where_the_connection_ends(server: FileServer, work: FileWork) -> None:
    server.next(server.altered(lambda answer: answer.without("Content-Length")))
    assert get(work) == SIZE
    assert rawfile.is_complete(work.raw)


def test_a_chunked_body_is_whole_only_with_its_last_chunk(server: FileServer, work: FileWork) -> None:
    server.next(chunked(DATA, cut=1001), chunked(DATA))
    get(work)
    assert work.raw.read_bytes() == DATA
    assert len(server.asked) == 2


def test_a_slow_server_is_not_a_broken_one(server: FileServer, work: FileWork) -> None:
    server.next(server.altered(lambda answer: replace(answer, drip=200)))
    assert get(work) == SIZE
    assert len(server.asked) == 1


def test_a_stop_keeps_what_has_arrived(server: FileServer, work: FileWork) -> None:
    server.next(server.altered(lambda answer: replace(answer, drip=200)))
    with pytest.raises(StopRequested):
        get(work, stopped=lambda: rawfile.note_path(work.raw).exists())
    here = rawfile.size(work.raw)
    assert 0 < here < SIZE
    assert get(work) == SIZE - here


def test_a_stop_ends_the_waiting(server: FileServer, work: FileWork) -> None:
    server.next(status(500))
    with pytest.raises(StopRequested):
        get(work, lambda: bool(server.asked), Patience(first=60))


def test_a_disk_that_refuses_is_a_place_error(work: FileWork) -> None:
    work.raw.parent.write_bytes(b"a file where the folder should be")
    with pytest.raises(PlaceError, match=r"^cannot write"):
        get(work)


def test_no_error_holds_the_address(server: FileServer, work: FileWork) -> None:
    for turn in (status(403), status(500), server.cut(0, reset=True), status(302, Location="http://[")):
        server.turns = [turn] * 9
        with pytest.raises(DownloadError) as raised:
            get(work)
        assert "secret" not in str(raised.value)
        assert "127.0.0.1" not in repr(raised.value.__cause__)


def test_who_follows_a_download_hears_of_every_byte_and_of_those_that_are_thrown_away(
    server: FileServer, work: FileWork
) -> None:
    watching = Watching(work.raw)
    server.next(server.cut(100), server.cut(50), server.altered(lambda answer: answer.having(ETag='"two"')))
    get(work, watching=watching)
    assert watching.told == [0, 100, 150, 0, 0, SIZE]
