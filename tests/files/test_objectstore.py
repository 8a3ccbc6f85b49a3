"""An object store as the place of files, against a real server: whole or not at all, in bounded memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlaceError, StoreError, UsageError
from runner.files import objectstore
from runner.files.destination import destination_of
from runner.files.location import tidy
from runner.files.storetrouble import trouble
from runner.files.work import StopRequested, never
from tests.stores import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stores import Fault, Store

LARGE = (8 << 20) + 5


@pytest.fixture(autouse=True)
def surroundings(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's own variables, and no connection of another test."""
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    objectstore._bucket.cache_clear()


def staged(folder: Path, size: int) -> tuple[Path, str]:
    """A file that is ready to be placed, and its digest."""
    path = folder / "file.staged"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("google", [False, True], ids=["s3", "gs"])
@pytest.mark.parametrize("size", [0, 5, LARGE])
def test_what_is_placed_is_there_whole_and_staged_no_more(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, google: bool
) -> None:
    if google:
        store = store.as_google(tmp_path)
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", store.key_file)
    file, sha256 = staged(tmp_path, size)
    final = f"{store.address}/org/ü é%20#?/t.csv"
    there = destination_of(final)
    assert there.stamp(final) is None
    there.place(file, final, store.address, never)
    first = there.stamp(final)
    assert first
    assert first.bytes == size
    assert there.sha256(final) == sha256
    assert not file.exists()
    there.twin(final, f"{store.address}/newest.csv", store.address, never)
    assert there.sha256(f"{store.address}/newest.csv") == sha256
    assert there.stamp(final) == first
    brought = there.bring(final, tmp_path / "brought", never)
    assert hashlib.sha256(brought.read_bytes()).hexdigest() == sha256
    there.write(final, b"another")
    assert there.stamp(final) not in {None, first}
    there.remove(final, store.address)
    there.remove(final, store.address)
    assert there.stamp(final) is None
    assert store.names() == ["newest.csv"]
    there.write(f"{store.address}/newest.manifest.json", b"{}")
    assert list(there.manifests(f"{store.address}/")) == [f"{store.address}/newest.manifest.json"]


def test_what_is_too_large_for_the_store_to_copy_goes_through_this_machine(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, sha256 = staged(tmp_path, LARGE)
    there = destination_of(store.address)
    there.place(file, f"{store.address}/a.csv", store.address, never)
    monkeypatch.setattr(objectstore, "_LARGEST_COPY", LARGE - 1)
    there.twin(f"{store.address}/a.csv", f"{store.address}/b.csv", store.address, never)
    assert there.sha256(f"{store.address}/b.csv") == sha256


def test_a_large_file_that_is_stopped_on_its_way_leaves_neither_a_name_nor_pieces(store: Store, tmp_path: Path) -> None:
    file, _ = staged(tmp_path, LARGE)
    answers = iter([False, True])
    with pytest.raises(StopRequested):
        destination_of(store.address).place(file, f"{store.address}/a.csv", store.address, lambda: next(answers))
    assert (store.names(), store.uploads(), file.exists()) == ([], [], True)


@pytest.mark.parametrize(("method", "part"), [("PUT", "partNumber=2"), ("POST", "uploadId")])
def test_a_large_file_whose_pieces_are_refused_leaves_no_name(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, part: str
) -> None:
    monkeypatch.setitem(objectstore._RETRIES, "max_retries", 1)
    file, _ = staged(tmp_path, LARGE)
    store.server.harm("500", method, part)
    with pytest.raises(StoreError, match="the store answered 500"):
        destination_of(store.address).place(file, f"{store.address}/a.csv", store.address, never)
    assert (store.names(), file.exists()) == ([], True)
    assert store.uploads() == []


@pytest.mark.parametrize(
    ("fault", "method", "part"),
    [
        ("500", "PUT", "partNumber=2"),
        ("reset", "PUT", "partNumber=2"),
        ("500", "POST", "uploads"),
        ("reset", "HEAD", ""),
    ],
)
def test_trouble_that_passes_is_not_noticed(store: Store, tmp_path: Path, fault: Fault, method: str, part: str) -> None:
    file, sha256 = staged(tmp_path, LARGE)
    store.server.harm(fault, method, part, 2)
    there = destination_of(store.address)
    there.place(file, f"{store.address}/a.csv", store.address, never)
    assert there.sha256(f"{store.address}/a.csv") == sha256


def test_an_answer_that_is_cut_is_never_taken_for_the_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(objectstore._RETRIES, "max_retries", 1)
    store.call("PUT", "botify/a.csv", b"x" * 5_000_000)
    store.server.harm("cut", "GET")
    with pytest.raises(StoreError, match="cannot be reached, or broke off"):
        destination_of(store.address).sha256(f"{store.address}/a.csv")


def test_a_large_file_costs_the_memory_of_a_few_pieces(store: Store, tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from runner.files.destination import destination_of
from runner.files.work import never
root, file = sys.argv[1:]
there = destination_of(root)
there.check(root)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
there.place(Path(file), f"{root}/a.csv", root, never)
there.sha256(f"{root}/a.csv")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    file, _ = staged(tmp_path, 64 << 20)
    ran = subprocess.run(
        [sys.executable, "-c", script, store.address, str(file)], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) < 80


def test_each_no_of_a_store_is_told_with_what_to_do_and_without_its_words(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(objectstore._RETRIES, "max_retries", 1)
    nowhere = "s3://no-such-bucket/x"
    with pytest.raises(StoreError, match=r"there is no bucket s3://no-such-bucket \(make it"):
        destination_of(nowhere).check(nowhere)
    store.server.harm("403", "GET")
    with pytest.raises(StoreError, match="access denied") as refused:
        destination_of(store.address).check(store.address)
    assert SECRET not in str(refused.value)
    for name, value, said in (
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "cannot be reached"),
        ("AWS_ALLOW_HTTP", "", "has no TLS"),
    ):
        monkeypatch.setenv(name, value)
        objectstore._bucket.cache_clear()
        with pytest.raises(StoreError, match=said):
            destination_of(store.address).check(store.address)


@pytest.mark.parametrize("address", ["s3://bucket/x", "gs://bucket/x"])
def test_without_credentials_it_says_which_are_missing(address: str) -> None:
    said = "Error performing GET http://169.254.169.254/latest/api/token - HTTP error: error sending request"
    error = trouble(RuntimeError(said), address, address)
    assert f"no credentials for {address}" in str(error)
    assert ("AWS_" in str(error)) == address.startswith("s3")


def test_credentials_of_google_that_are_not_there_are_told_when_they_are_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "nowhere.json"))
    with pytest.raises(StoreError, match=r"gs://bucket: .*docs/stores.md"):
        destination_of("gs://bucket/x")


def test_nothing_is_put_outside_of_the_prefix(store: Store, tmp_path: Path) -> None:
    file, _ = staged(tmp_path, 5)
    with pytest.raises(PlaceError, match="outside"):
        destination_of(store.address).place(file, f"{store.address}-2/a.csv", store.address, never)


def test_no_twin_is_put_outside_of_the_prefix(store: Store, tmp_path: Path) -> None:
    file, _ = staged(tmp_path, 5)
    there = destination_of(store.address)
    there.place(file, f"{store.address}/a.csv", store.address, never)
    with pytest.raises(PlaceError, match="outside"):
        there.twin(f"{store.address}/a.csv", f"{store.address}-2/a.csv", store.address, never)


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UsageError, match=r"pip install 'bqlrun\[stores\]'"):
        destination_of("s3://bucket/x")


def test_an_address_keeps_its_scheme_and_loses_needless_steps() -> None:
    assert tidy("s3://bucket/a//b/./c.csv") == "s3://bucket/a/b/c.csv"
    assert tidy("downloads//a/c.csv") == "downloads/a/c.csv"
