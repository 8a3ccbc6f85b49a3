"""A look at a state file that makes nothing: no file beside it, no lock, no newer format."""

from __future__ import annotations

import fcntl
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.state.database import Database
from runner.state.intents import Intents
from runner.state.room import room_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Look:
    """The file's format, how many exports it knows, how many runs are under way on it."""

    version: int
    exports: int
    running: int


def look(path: Path) -> Look:
    """What there is to see. Raises StateError where the file cannot be used."""
    with closing(Database(path, reads_only=True)) as database:
        row = database.first("SELECT count(*) AS exports FROM exports")
        return Look(database.version, row["exports"] if row else 0, running(room_of(path) / "runs"))


def spent_today(path: Path, api: str, pays: Callable[[str], bool]) -> tuple[int, float]:
    """Jobs and credits of this UTC day, none where there is no file yet."""
    if not path.exists():
        return 0, 0.0
    with closing(Database(path, reads_only=True)) as database:
        return Intents(database, api).spent_today(pays)


def running(folder: Path) -> int:
    """How many processes hold their place in a folder of runs."""
    return sum(_is_held(each) for each in folder.iterdir()) if folder.is_dir() else 0


def _is_held(path: Path) -> bool:
    """Whether the process that made this file lives: it holds the lock until it ends."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
