"""Where final files are, a folder or an object store: whatever places, reads or checks them goes through here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, TypeVar

from runner.errors import UsageError
from runner.files.folder import Folder
from runner.files.location import is_store
from runner.files.place import Occupied
from runner.files.work import StopRequested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from anyio import CapacityLimiter

    from runner.files.stamp import Stamp

T = TypeVar("T")
_FOLDER = Folder()
_PAUSE = 0.05


class Destination(Protocol):
    """One kind of place for final files; a path is a file's in a folder, or an object's whole address.

    `root` is the spec's `output.dir`: nothing is put outside of it. Errors are FileErrors, but for a file that is not
    there where one is read: FileNotFoundError.
    """

    def check(self, root: str) -> None:
        """Raise StoreError where a run could put nothing: asked before anything is paid for."""

    def is_folder(self, root: str) -> bool:
        """Whether an output folder is there to be looked through."""

    def alone(self, final: str, root: str) -> AbstractContextManager[None]:
        """What is seen at a path is still so when a file is placed there. Raises Occupied where another is at it."""

    def place(self, staged: Path, final: str, root: str, stopped: Callable[[], bool]) -> None:
        """Give a staged file its final name, which exists only for all of its bytes; it is no longer staged then."""

    def twin(self, source: str, final: str, root: str, stopped: Callable[[], bool]) -> None:
        """Give a finished file a second name, at once or not at all."""

    def write(self, path: str, data: bytes) -> None:
        """Write a small file so that its name means either the old bytes or the new ones."""

    def read(self, path: str, most: int) -> bytes:
        """A small file, up to `most` bytes of it."""

    def stamp(self, path: str) -> Stamp | None:
        """What is at a path, at the cost of one look; None for nothing."""

    def sha256(self, path: str) -> str:
        """The digest of a whole file, in the memory of a block."""

    def bring(self, path: str, into: Path, stopped: Callable[[], bool]) -> Path:
        """A file of this machine with the same bytes: itself, or a copy at `into`."""

    def manifests(self, root: str) -> Iterator[str]:
        """The paths of all manifests under an output folder."""

    def is_plain(self, path: str) -> bool:
        """Whether what has this name, if anything, is a file of its own and no link to another."""

    def remove(self, path: str, root: str) -> None:
        """Remove a file, if it is there, and folders that are empty then."""


def destination_of(path: str) -> Destination:
    """Who looks after a path. UsageError where the library for object stores is not installed."""
    if not is_store(path):
        return _FOLDER
    if find_spec("obstore") is None:
        raise UsageError(f"{path} needs a library that is not installed", "pip install 'bqlrun[stores]'")
    from runner.files.objectstore import bucket_of

    return bucket_of(path)


async def reach(path: str, act: Callable[[], T], room: CapacityLimiter | None = None) -> T:
    """Do something to a path: in a thread where that means the network, else right away, which costs less.

    What is Occupied is tried again until it is not: another is at it for as long as a rename takes, or a copy. `room`
    bounds how many do it at once: what is being sent is in memory, some pieces of each. What a signal stopped waits
    here for the cancellation that the same signal brings: it has not failed.
    """
    from anyio import sleep, sleep_forever, to_thread

    while not is_store(path):
        try:
            return act()
        except Occupied:
            await sleep(_PAUSE)
    try:
        return await to_thread.run_sync(act, limiter=room)
    except StopRequested:
        await sleep_forever()
        raise
