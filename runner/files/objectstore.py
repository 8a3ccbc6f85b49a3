"""An object store as the place of final files: the one module that knows its library."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import obstore
from obstore.store import from_url

from runner.errors import BqlrunError, PlaceError, StoreError
from runner.files.ahead import ahead
from runner.files.manifestname import SUFFIX
from runner.files.staged import stage
from runner.files.stamp import Stamp
from runner.files.storetrouble import trouble
from runner.files.work import until_stopped
from runner.seam import effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from obstore.store import ClientConfig, RetryConfig

# What goes to the store in one piece, and how many pieces at once: what a large file costs in memory.
_PIECE = 8 << 20
_TOGETHER = 2
# A file has at most 10,000 pieces.
_MOST_PIECES = 9_000
# A store copies no more than this by itself.
_LARGEST_COPY = 5 << 30
_BLOCK = 1 << 20
_RETRIES: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
_TIMES: ClientConfig = {"connect_timeout": timedelta(seconds=10), "timeout": timedelta(minutes=5)}


def bucket_of(path: str) -> Bucket:
    """The bucket that an address is in; one for all that ask, so that its connections are used again."""
    scheme, _, rest = path.partition("://")
    return _bucket(f"{scheme}://{rest.partition('/')[0]}")


@lru_cache
def _bucket(address: str) -> Bucket:
    return Bucket(address)


class Bucket:
    """A Destination in one bucket: an object comes to be whole or not at all, by the store's own rules.

    Credentials are those of the environment. Trouble that may pass is tried again, some times, by the library.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        with self._told("", address):
            self._store = from_url(
                address, retry_config=_RETRIES, client_options={**_TIMES, "allow_http": _http_allowed()}
            )

    def check(self, root: str) -> None:
        """Raise StoreError where the bucket cannot be reached or looked into."""
        for _ in self._pages(root):
            return

    def is_folder(self, _root: str) -> bool:
        """Every prefix is one; of an empty one nothing is listed."""
        return True

    def alone(self, _final: str, _root: str) -> AbstractContextManager[None]:
        """Nobody is kept out: a store has no locks, and of two who place a file at once the second one's stays."""
        return nullcontext()

    def place(self, staged: Path, final: str, root: str, stopped: Callable[[], bool]) -> None:
        """Send it, in pieces where it is large, and look whether all of it is there."""
        _refuse_outside(root, final)
        try:
            self._send(final, staged.stat().st_size, _blocks(staged, stopped))
            staged.unlink()
        except OSError as error:
            raise PlaceError(f"cannot read {staged}: {error.strerror or error}") from error

    def twin(self, source: str, final: str, root: str, stopped: Callable[[], bool]) -> None:
        """A copy that the store makes by itself; what is too large for that goes through this machine."""
        _refuse_outside(root, final)
        found = self.stamp(source)
        if found and found.bytes > _LARGEST_COPY:
            # In a thread of its own: the library sends nothing while it is asked for something from within.
            with closing(ahead(until_stopped(self._blocks(source), stopped))) as blocks:
                self._send(final, found.bytes, blocks)
            return
        with self._told("COPY", final):
            obstore.copy(self._store, self._key(source), self._key(final))

    def write(self, path: str, data: bytes) -> None:
        """One request."""
        self._send(path, len(data), iter((data,)))

    def read(self, path: str, most: int) -> bytes:
        """Up to `most` bytes."""
        found = bytearray()
        for block in self._blocks(path):
            found += block
            if len(found) >= most:
                break
        return bytes(found[:most])

    def stamp(self, path: str) -> Stamp | None:
        """Its length and its entity tag, by a request without a body."""
        try:
            with self._told("", path):
                found = obstore.head(self._store, self._key(path))
        except FileNotFoundError:
            return None
        return Stamp(found["size"], _mark(found["e_tag"] or str(found["last_modified"])))

    def sha256(self, path: str) -> str:
        """Streamed through this machine: the tag that a store gives is no digest of the content."""
        digest = hashlib.sha256()
        for block in self._blocks(path):
            digest.update(block)
        return digest.hexdigest()

    def bring(self, path: str, into: Path, stopped: Callable[[], bool]) -> Path:
        """A copy at `into`, complete."""
        try:
            stage(into, until_stopped(self._blocks(path), stopped), compress=False)
        except FileNotFoundError as error:
            raise StoreError(f"{path} is gone", "run again") from error
        except OSError as error:
            raise PlaceError(f"cannot write {into}: {error.strerror or error}") from error
        return into

    def manifests(self, root: str) -> Iterator[str]:
        """By listing everything under the root."""
        for names in self._pages(root):
            yield from (f"{self._address}/{name}" for name in sorted(names) if name.endswith(SUFFIX))

    def is_plain(self, _path: str) -> bool:
        """There are no links and no folders."""
        return True

    def remove(self, path: str, _root: str) -> None:
        """Of what is not there nothing is said."""
        with self._told("DELETE", path):
            obstore.delete(self._store, self._key(path))

    def _send(self, path: str, size: int, blocks: Iterator[bytes]) -> None:
        """Send all blocks. If that fails or is stopped, the store drops the upload and the name is as it was."""
        small = size <= _PIECE
        with self._told("PUT", path):
            obstore.put(
                self._store,
                self._key(path),
                b"".join(blocks) if small else blocks,
                use_multipart=not small,
                chunk_size=max(_PIECE, -(-size // _MOST_PIECES)),
                max_concurrency=_TOGETHER,
            )
        found = self.stamp(path)
        if found is None or found.bytes != size:
            there = f"{found.bytes:,} bytes" if found else "nothing"
            raise StoreError(f"{path}: {size:,} bytes were sent, and {there} is there", "run again")

    def _blocks(self, path: str) -> Iterator[bytes]:
        with self._told("", path):
            found = obstore.get(self._store, self._key(path))
            left = found.meta["size"]
            for block in found.stream(min_chunk_size=_BLOCK):
                left -= len(block)
                yield bytes(block)
        if left:
            raise StoreError(f"{path}: the store broke off")

    def _pages(self, root: str) -> Iterator[list[str]]:
        with self._told("", root):
            for page in obstore.list(self._store, self._key(root) or None, chunk_size=1000):
                yield [found["path"] for found in page]

    def _key(self, path: str) -> str:
        return path.removeprefix(self._address).strip("/")

    @contextmanager
    def _told(self, method: str, path: str) -> Iterator[None]:
        """Turn the library's errors into this program's. With a `method` it passes the seam as an effect."""
        try:
            if not method:
                yield
                return
            with effect("send", f"{method} {path}"):
                yield
        except BqlrunError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                # The library's own have none: this is a disk's, of the file that is being sent.
                raise
            found = trouble(error, path, self._address)
            if found is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
            raise found from None


def _http_allowed() -> bool:
    """The library reads this variable itself only where it is given no options."""
    return os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true"}


def _refuse_outside(root: str, final: str) -> None:
    if not final.startswith(f"{root.rstrip('/')}/"):
        raise PlaceError(f"cannot write {final}: that is outside of {root}", "change `output.path`")


def _blocks(file: Path, stopped: Callable[[], bool]) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as source:
        yield from until_stopped(iter(lambda: source.read(_PIECE), b""), stopped)


def _mark(tag: str) -> int:
    """A number that fits into the state file's column."""
    return int.from_bytes(hashlib.sha256(tag.encode()).digest()[:8], "big") >> 1
