"""One worker at a time works on a file, whichever process or machine of a shared disk it is on."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from runner.files.durable import make_folder
from runner.files.work import StopRequested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PAUSE = 0.1


@contextmanager
def alone(work: Path, stopped: Callable[[], bool]) -> Iterator[None]:
    """Hold the lock of a file, which ends with its process; raises StopRequested while it waits for another's.

    A run that was killed may leave a worker behind that notices only at its next block: until then the file is its own.
    """
    make_folder(work.parent)
    lock = work.with_name(f"{work.name}.lock")
    while True:
        with lock.open("ab") as file:
            while not _take(file):
                if stopped():
                    raise StopRequested("stopped while another worker was at the file")
                time.sleep(_PAUSE)
            if _is_current(file, lock):
                try:
                    yield
                finally:
                    lock.unlink(missing_ok=True)
                return


def _take(file: IO[bytes]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _is_current(file: IO[bytes], lock: Path) -> bool:
    """Whether the lock file is still the one that was opened: its last holder removed it, another may be there now."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), lock.stat())
    return False
