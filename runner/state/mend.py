"""A damaged state file is set aside, so that a new one can be made; nothing of it is thrown away."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING

from runner.errors import StateError, said
from runner.state.database import is_damaged
from runner.state.look import running
from runner.state.room import room_of

if TYPE_CHECKING:
    from pathlib import Path

# What SQLite keeps beside a database: it belongs to the damaged file, and would be read into a new one.
_BESIDE = ("-wal", "-shm")


def set_aside(path: Path) -> Path | None:
    """Rename a damaged state file; returns its new path, None where it is sound or not there.

    Raises StateError where that cannot be told or done, and while a run is under way on it.
    """
    if not path.exists() or not is_damaged(path):
        return None
    if running(room_of(path) / "runs"):
        raise StateError(f"{path} is damaged, and a run is under way on it", "wait for it to end, or end it")
    names = chain([f"{path.name}.damaged"], (f"{path.name}.damaged-{number}" for number in count(2)))
    aside = next(each for each in map(path.with_name, names) if not each.exists())
    try:
        for ending in _BESIDE:
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + ending))
        path.replace(aside)
    except OSError as error:
        raise StateError(f"the damaged state file cannot be set aside: {said(error)}") from None
    return aside
