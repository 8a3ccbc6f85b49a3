"""`run --on-done COMMAND`: the JSON summary handed to a shell command of the user's own once the run has ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject
    from runner.show.console import Console


def hand_over(command: str, summary: JsonObject, exit_code: int, console: Console) -> int:
    """Run the command with the summary on its standard input; returns the exit code of the whole.

    What it prints goes to standard error: standard output is the run's own result. If it fails, the files are in place
    all the same: that is a warning, and an exit code of 1 only where the run itself would have had 0.
    """
    done = subprocess.run(  # noqa: S602  a shell command is what the user gives
        command,
        shell=True,
        check=False,
        input=json.dumps(summary, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        stdout=sys.stderr.fileno(),
        env={**os.environ, "BQLRUN_EXIT_CODE": str(exit_code)},
    )
    if done.returncode == 0:
        return exit_code
    ended = f"exit code {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
    console.error(f"warning: --on-done ended with {ended}: {command}")
    return exit_code or 1
