"""A Dask scheduler and its workers, each a real process, for as long as a `with` lasts."""

from __future__ import annotations

import re
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.process import PYTHON, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REGISTERED = re.compile(r"(?:Scheduler|Registered to) *(?:at)?: +tcp://(\S+)")


@dataclass(frozen=True, slots=True)
class Fleet:
    """What `--executor` takes to use it, and the numbers of its workers' processes."""

    executor: str
    workers: tuple[int, ...]


@contextmanager
def fleet(folder: Path, workers: int, *options: str) -> Iterator[Fleet]:
    """A scheduler on loopback and so many workers with one thread each; `options` are those of `dask worker`."""
    with ExitStack() as ends:
        _, address = _started(ends, folder, "scheduler", "--host", "127.0.0.1", "--port", "0")
        one = ("worker", f"tcp://{address}", "--nthreads", "1", "--no-nanny", *options)
        numbers = [_started(ends, folder, *one)[0] for _ in range(workers)]
        yield Fleet(f"dask://{address}", tuple(numbers))


def _started(ends: ExitStack, folder: Path, role: str, *options: str) -> tuple[int, str]:
    """A process that is ready: its number, and the scheduler's host and port."""
    command = [PYTHON, "-m", f"distributed.cli.dask_{role}", *options, "--no-dashboard"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = ends.enter_context(subprocess.Popen(command, cwd=folder, text=True, **pipes))  # type: ignore[call-overload]
    ends.callback(process.kill)
    for line in process.stderr:
        if found := _REGISTERED.search(line):
            return process.pid, found[1]
    raise Failed(f"the {role} ended")
