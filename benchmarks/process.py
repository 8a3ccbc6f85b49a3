"""A command run to its end, and what the system says it took. This process stays small: a child inherits its peak."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HERE = Path(__file__).parent
MEGABYTE = 1_000_000
# The command as it is installed beside this interpreter.
BQLRUN = str(Path(sys.executable).with_name("bqlrun"))
PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Ran:
    """Seconds by the clock and of processor time, and the most memory in bytes; `out` is its standard output."""

    wall: float
    cpu: float
    peak: int
    code: int
    out: str

    @property
    def shown(self) -> str:
        """For people."""
        return f"{self.wall:.2f} s, {self.cpu:.2f} s of processor time, {self.peak / MEGABYTE:.0f} MB"


class Failed(Exception):
    """A command of a benchmark did not do its work: there is nothing to measure."""


def start(command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Begin a command; what it prints goes to files in its folder."""
    settings = {key: value for key, value in os.environ.items() if not key.startswith(("BOTIFY", "BQLRUN"))}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        return subprocess.Popen(
            command, cwd=folder, env=settings | dict(environ or {}), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )


def ended(process: subprocess.Popen[bytes], folder: Path, began: float) -> Ran:
    """Wait for a command."""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    out = (folder / "stdout").read_text("utf-8", "replace")
    return Ran(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode, out)


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run a command in a folder, which is made; raises Failed where it does not end well."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    ran = ended(start(command, folder, environ), folder, began)
    if ran.code:
        said = (folder / "stderr").read_text("utf-8", "replace")[-2000:]
        raise Failed(f"{' '.join(command)} ended with {ran.code}:\n{ran.out[-1000:]}\n{said}")
    return ran


def program(name: str, *arguments: object) -> list[str]:
    """A program of this folder as a command."""
    return [PYTHON, str(HERE / "programs" / f"{name}.py"), *map(str, arguments)]


def in_turns(times: int, ours: Callable[[int], Ran], theirs: Callable[[int], Ran]) -> list[tuple[Ran, Ran]]:
    """Both, one after the other, several times: what disturbs the machine meanwhile disturbs both."""
    return [(ours(number), theirs(number)) for number in range(times)]


def middle(pairs: Sequence[tuple[Ran, Ran]], of: Callable[[Ran], float]) -> float:
    """The median of the pairs' ratios."""
    return median(of(ours) / of(theirs) for ours, theirs in pairs)


def typical(runs: Sequence[Ran]) -> Ran:
    """The one in the middle, by the clock."""
    return sorted(runs, key=lambda ran: ran.wall)[len(runs) // 2]
