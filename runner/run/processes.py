"""Worker processes of this machine: for files that keep more than one core busy."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

from anyio import BrokenWorkerProcess, to_process

from runner.botify.download import open_download
from runner.errors import FileError
from runner.files.made import prepare_once

if TYPE_CHECKING:
    from anyio import CapacityLimiter

    from runner.files.work import FileWork, Receipt

# How often a file is begun anew because the process that worked on it died, before it is the file's fault.
DEATHS = 3


class Processes:
    """As many processes as there are files at once; they live as long as the run."""

    async def submit(self, work: FileWork, room: CapacityLimiter) -> Receipt:
        """See Executor. Who is waited for no longer is killed; what he had fetched is kept."""
        for _ in range(DEATHS):
            try:
                return await to_process.run_sync(_prepare, work, os.getpid(), cancellable=True, limiter=room)
            # A worker that is still starting is hit by Ctrl-C; here that is a signal, and comes another way.
            except (BrokenWorkerProcess, KeyboardInterrupt):
                continue
        raise FileError(f"{DEATHS} worker processes died over the file")


def _prepare(work: FileWork, coordinator: int) -> Receipt:
    # Ctrl-C goes to every process of a terminal; what is to end is decided by the one that has the state.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return prepare_once(work, open_download, partial(_orphaned, coordinator))


def _orphaned(coordinator: int) -> bool:
    return os.getppid() != coordinator
