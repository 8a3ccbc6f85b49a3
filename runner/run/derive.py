"""Files that are made of exports' files (`current`, `combine`): by one run at a time, only where something changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runner.errors import FileError
from runner.files.destination import destination_of, reach
from runner.jsonvalue import digest
from runner.run.claiming import claimed
from runner.run.events import Event
from runner.state.derived import DerivedFile

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from runner.files.stamp import Stamp
    from runner.run.events import Listener
    from runner.state.store import State


def alone_with(state: State, path: str, tell: Listener) -> AbstractAsyncContextManager[None]:
    """No other run makes the file at this path meanwhile."""
    waiting = Event("waiting", "", f"another run is making {path}")
    return claimed(state, [digest(["derived", path])], tell, waiting)


async def made_already(state: State, path: str, source: str) -> DerivedFile | None:
    """What is at this path, if it was made of this very source and nobody changed it since."""
    known = state.derived.at(path)
    if known is None or known.source != source:
        return None
    found = await _stamp(path)
    return known if found and (found.bytes, found.mark) == (known.bytes, known.mark) else None


async def is_there(path: str) -> bool:
    """Whether there is a file at a path."""
    return await _stamp(path) is not None


async def note(state: State, path: str, source: str, rows: int, sha256: str) -> DerivedFile:
    """Have the state file know of a file that was just placed."""
    found = await _stamp(path)
    if found is None:
        raise FileError(f"{path} was placed, and is gone", "run again")
    made = DerivedFile(path, source, rows, found.bytes, sha256, found.mark)
    state.derived.put(made)
    return made


async def _stamp(path: str) -> Stamp | None:
    return await reach(path, partial(destination_of(path).stamp, path))
