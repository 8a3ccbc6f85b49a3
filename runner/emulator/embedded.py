"""The emulator as a child process: started for a run or a test, ended with it whatever happens."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANNOUNCEMENT = "listening on "
INSTALL = "pip install 'bqlrun[emulator]'"


@contextmanager
def embedded(data_dir: Path, config: Path | None = None, **options: str | float) -> Iterator[str]:
    """Serve a Botify on a free port; yields the API's base address.

    `options` are those of `bqlrun emulator`, with underscores: `job_seconds=0.1`. The child watches its standard
    input, which ends when this process does, even by SIGKILL; a session of its own keeps it away from Ctrl-C.
    """
    if not has_emulator():
        raise UsageError("the emulator needs DuckDB, Starlette and uvicorn", INSTALL)
    command = [sys.executable, "-m", "runner.emulator", "--exit-with-parent", "--data-dir", str(data_dir)]
    command += ["--config", str(config)] if config else []
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with child:
        try:
            yield _address(child)
        finally:
            child.terminate()


def has_emulator() -> bool:
    """Whether what the emulator stands on is installed."""
    return all(find_spec(library) for library in ("duckdb", "starlette", "uvicorn"))


def _address(child: subprocess.Popen[str]) -> str:
    line = child.stdout.readline().strip() if child.stdout else ""
    if not line.startswith(ANNOUNCEMENT):
        raise UsageError("the embedded emulator did not start", "`bqlrun emulator` says why")
    return line.removeprefix(ANNOUNCEMENT)
