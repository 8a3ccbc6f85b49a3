"""Files that are made of exports' files (`current`, `combine`): by one run at a time, only where something changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner.jsonvalue import digest
from runner.run.claiming import claimed
from runner.run.events import Event
from runner.state.derived import DerivedFile

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from runner.run.events import Listener
    from runner.state.store import State


def alone_with(state: State, path: str, tell: Listener) -> AbstractAsyncContextManager[None]:
    """No other run makes the file at this path meanwhile."""
    waiting = Event("waiting", "", f"another run is making {path}")
    return claimed(state, digest(["derived", path]), tell, waiting)


def made_already(state: State, path: str, source: str) -> DerivedFile | None:
    """What is at this path, if it was made of this very source and nobody changed it since."""
    known = state.derived.at(path)
    if known is None or known.source != source:
        return None
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return known if (found.st_size, found.st_mtime_ns) == (known.bytes, known.mtime_ns) else None


def is_there(path: str) -> bool:
    """Whether there is a file at a path."""
    return Path(path).is_file()


def note(state: State, path: str, source: str, rows: int, sha256: str) -> DerivedFile:
    """Have the state file know of a file that was just placed."""
    found = Path(path).stat()
    made = DerivedFile(path, source, rows, found.st_size, sha256, found.st_mtime_ns)
    state.derived.put(made)
    return made
