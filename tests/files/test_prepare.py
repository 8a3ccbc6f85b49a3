"""From an address to a staged file that is whole: what is damaged is fetched again, what is not is not."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import threading
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.botify.download import open_download
from runner.errors import ArchiveError, ColumnCountError, DownloadError, FileError, PlaceError
from runner.files import prepare as preparing
from runner.files import rawfile
from runner.files.prepare import FETCHES, prepare
from runner.files.work import Bounds, FileWork, Receipt, StopRequested
from tests.files.server import Answer, FileServer, Served, status
from tests.files.tables import COLUMNS, DATA, HASTY, ROWS, WANTED

if TYPE_CHECKING:
    from collections.abc import Callable

PACKED = gzip.compress(DATA)


def done(work: FileWork, stopped: Callable[[], bool] = lambda: False, bounds: Bounds | None = None) -> Receipt:
    return prepare(work, open_download, stopped, HASTY, bounds)


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anything.csv", data)
    return file.getvalue()


def without_length(data: bytes) -> Answer:
    """A body that ends where the connection ends, and nobody can tell whether that was its end."""
    return Answer(200, {}, data)


@pytest.fixture(params=["in one thread", "side by side"])
def _threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "side by side":
        monkeypatch.setattr(preparing, "_SMALL", 0)


either_way = pytest.mark.usefixtures("_threads")


@either_way
@pytest.mark.parametrize(
    "served",
    [DATA, PACKED, zipped(DATA), b"sep=,\n" + DATA, gzip.compress(b"sep=,\r\n" + ROWS)],
    # Archives know their time: without names for them no two processes would have the same tests.
    ids=["plain", "gzip", "zip", "with sep", "gzip with sep"],
)
def test_whatever_the_server_packs_the_file_is_the_same(server: FileServer, work: FileWork, served: bytes) -> None:
    server.served = Served(served)
    receipt = done(work)
    assert work.staged.read_bytes() == WANTED
    assert receipt == Receipt(work.staged, 40, len(WANTED), hashlib.sha256(WANTED).hexdigest(), len(served))


@either_way
def test_a_header_and_gzip_are_matters_of_taste(work: FileWork) -> None:
    receipt = done(replace(work, with_header=False, compress=True))
    packed = work.staged.read_bytes()
    assert gzip.decompress(packed) == ROWS
    assert (receipt.rows, receipt.bytes, receipt.sha256) == (40, len(packed), hashlib.sha256(packed).hexdigest())


@either_way
@pytest.mark.parametrize(
    "served", [b"", gzip.compress(b""), zipped(b""), b"url,title\n"], ids=["plain", "gzip", "zip", "header"]
)
def test_no_rows_are_a_result(server: FileServer, work: FileWork, served: bytes) -> None:
    server.served = Served(served)
    assert done(work).rows == 0
    assert work.staged.read_bytes() == b"url,title\n"


def test_what_is_here_already_is_not_fetched_again(server: FileServer, work: FileWork) -> None:
    assert done(work).fetched == len(DATA)
    assert done(work).fetched == 0
    assert len(server.asked) == 1


def test_a_body_without_a_length_that_is_cut_is_fetched_again(server: FileServer, work: FileWork) -> None:
    server.next(lambda _: without_length(PACKED[:-9]))
    server.served = Served(PACKED)
    assert done(work).fetched == 2 * len(PACKED) - 9
    assert work.staged.read_bytes() == WANTED


@either_way
@pytest.mark.parametrize(
    "damaged", [PACKED[:-1], PACKED + b"x", zipped(DATA)[:-30], DATA[:-20], PACKED[:40] + PACKED[41:]]
)
def test_what_stays_damaged_is_given_up_in_the_end(server: FileServer, work: FileWork, damaged: bytes) -> None:
    server.served = Served(damaged, etag="")
    with pytest.raises(ArchiveError, match=f"fetched {FETCHES} times"):
        done(work)
    assert len(server.asked) == FETCHES
    assert not list(work.staged.parent.iterdir())


@either_way
@pytest.mark.parametrize(
    "served",
    [b"<!DOCTYPE html><p>Down for maintenance", b"\x28\xb5\x2f\xfd...", gzip.compress(PACKED)],
    ids=["page", "zstd", "twice"],
)
def test_what_is_no_table_is_refused_at_once_and_fetched_anew_next_time(
    server: FileServer, work: FileWork, served: bytes
) -> None:
    server.next(lambda _: without_length(served))
    with pytest.raises(ArchiveError):
        done(work)
    assert len(server.asked) == 1
    assert not list(work.staged.parent.iterdir())
    assert done(work).rows == 40


@either_way
@pytest.mark.parametrize("served", [DATA, PACKED, zipped(DATA)], ids=["plain", "gzip", "zip"])
def test_a_wrong_number_of_columns_is_fetched_anew_next_time_and_not_before(
    server: FileServer, work: FileWork, served: bytes
) -> None:
    server.served = Served(served)
    three = replace(work, columns=(*COLUMNS, COLUMNS[0]))
    for tries in (1, 2):
        with pytest.raises(ColumnCountError, match="record 1 has 2 columns, and the query has 3"):
            done(three)
        assert len(server.asked) == tries
        assert not list(work.staged.parent.iterdir())


def test_columns_in_another_order_are_no_reason_to_fetch_again(work: FileWork) -> None:
    with pytest.raises(FileError, match="another order"):
        done(replace(work, columns=COLUMNS[::-1]))
    assert rawfile.is_complete(work.raw)


@either_way
def test_a_bomb_leaves_nothing(server: FileServer, work: FileWork) -> None:
    server.served = Served(gzip.compress(bytes(4 << 20)))
    with pytest.raises(ArchiveError):
        done(work, bounds=Bounds(slack=1000, ratio=10))
    assert not list(work.staged.parent.iterdir())


@either_way
def test_a_stop_while_unpacking_keeps_what_was_fetched(work: FileWork) -> None:
    done(work)
    with pytest.raises(StopRequested):
        done(work, lambda: True)
    assert not work.staged.exists()
    assert done(work).fetched == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]


@either_way
def test_a_disk_that_refuses_is_a_place_error_and_keeps_what_was_fetched(work: FileWork) -> None:
    work.staged.mkdir(parents=True)
    with pytest.raises(PlaceError, match="cannot write"):
        done(work)
    work.staged.rmdir()
    assert done(work).fetched == 0


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_an_address_that_expired_is_told_by_its_status(server: FileServer, work: FileWork, code: int) -> None:
    server.next(status(code))
    with pytest.raises(DownloadError) as raised:
        done(work)
    assert raised.value.status == code
    assert done(work).rows == 40


def test_work_does_not_show_its_address(work: FileWork) -> None:
    assert "signature=secret" in work.url
    assert "secret" not in f"{work!r} {[work]}"


def test_work_and_what_comes_of_it_travel_to_other_processes(work: FileWork) -> None:
    receipt = done(pickle.loads(pickle.dumps(work)))  # noqa: S301  our own value
    assert pickle.loads(pickle.dumps(receipt)) == receipt  # noqa: S301
    expired = DownloadError("the file's server answered 403", status=403)
    assert pickle.loads(pickle.dumps(expired)).status == 403  # noqa: S301
