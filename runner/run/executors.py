"""Where files are worked on: one interface, `submit(work) → receipt`, and threads, processes or a fleet behind it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from anyio import to_thread

from runner.botify.download import open_download
from runner.errors import UsageError
from runner.files.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio import CapacityLimiter

    from runner.files.work import FileWork, Receipt

THREADS, PROCESSES, DASK = KINDS = ("threads", "processes", "dask")


class Executor(Protocol):
    """From a download address to a checked file, somewhere."""

    async def submit(self, work: FileWork, room: CapacityLimiter) -> Receipt:
        """Fetch, unpack and check one file, as many at once as there is room; raises FileError."""


class Threads:
    """Worker threads of this process."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped

    async def submit(self, work: FileWork, room: CapacityLimiter) -> Receipt:
        """See Executor. A worker that is waited for no longer sees `stopped` and ends by itself."""
        return await to_thread.run_sync(
            prepare, work, open_download, self._stopped, limiter=room, abandon_on_cancel=True
        )


@asynccontextmanager
async def open_executor(name: str, stopped: Callable[[], bool]) -> AsyncIterator[Executor]:
    """The executor of this name: `threads`, `processes`, `dask`, or `dask://HOST:PORT` for a scheduler that runs.

    Raises UsageError for any other name, a library that is missing, a scheduler or workers that cannot be used.
    """
    threads = Threads(stopped)
    kind, colon, address = name.partition("://")
    if name == THREADS:
        yield threads
    elif name == PROCESSES:
        from runner.run.processes import Processes

        yield Processes()
    elif kind == DASK and bool(colon) == bool(address):
        if find_spec("distributed") is None:
            raise UsageError(f"--executor {name} needs a library that is not installed", "pip install 'bqlrun[dask]'")
        from runner.run.fleet import open_fleet

        async with open_fleet(address, threads) as fleet:
            yield fleet
    else:
        raise UsageError(f"there is no executor {name}", f"{', '.join(KINDS)} or dask://HOST:PORT")
