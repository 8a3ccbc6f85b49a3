"""Room on disk that only this process uses, and what processes that were killed left behind."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HOUR = 3_600


def own_folder(folder: Path) -> Path:
    """A folder for this process alone, named after it; those of processes that are gone are removed."""
    for other in folder.iterdir() if folder.exists() else ():
        if other.name.isdigit() and not _lives(int(other.name)):
            shutil.rmtree(other, ignore_errors=True)
    own = folder / str(os.getpid())
    own.mkdir(parents=True, exist_ok=True)
    return own


def drop_abandoned(folder: Path) -> None:
    """Remove unfinished files that nobody has written to for an hour."""
    for part in folder.glob("*.part"):
        if part.stat().st_mtime < time.time() - _HOUR:
            part.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
