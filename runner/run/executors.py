"""Where files are worked on: one interface, `submit(work) → receipt`, and worker threads behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import anyio
from anyio import to_thread

from runner.botify.download import open_download
from runner.files.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.files.work import FileWork, Receipt


class Executor(Protocol):
    """From a download address to a checked file, somewhere."""

    async def submit(self, work: FileWork) -> Receipt:
        """Fetch, unpack and check one file; raises FileError."""


class Threads:
    """Worker threads of this process, as many at once as the spec allows downloads."""

    def __init__(self, downloads: int, stopped: Callable[[], bool]) -> None:
        self._limiter = anyio.CapacityLimiter(downloads)
        self._stopped = stopped

    async def submit(self, work: FileWork) -> Receipt:
        """See Executor. A worker that is waited for no longer sees `stopped` and ends by itself."""
        return await to_thread.run_sync(
            prepare, work, open_download, self._stopped, limiter=self._limiter, abandon_on_cancel=True
        )
