"""A run that exports again, by --force or --refresh-provisional, and was broken off: given once more, it goes on.

What it had exported anew by then is not paid for a third time. As a pinned crawl, this ends with the run, or with time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.state.jobs import KnownJob
    from runner.state.store import State

# Where a project's pins have what was pinned.
_PIN = ("", "", "again")


def begin(state: State, spec: str) -> None:
    """A run of a spec begins to export again, or goes on with it."""
    if begun(state, spec) is None:
        state.pins.put(spec, *_PIN, [str(state.jobs.newest())])


def begun(state: State, spec: str) -> int | None:
    """The number of the newest job when that began; None where no such run is unfinished."""
    pinned = state.pins.get(spec, *_PIN)
    return int(pinned[0]) if pinned else None


def end(state: State, spec: str) -> None:
    """It has done all that it was to do."""
    state.pins.release([(spec, *_PIN)])


def had(job: KnownJob | None, since: int | None) -> bool:
    """Whether an unfinished run had this job made, and it is good for something."""
    return job is not None and since is not None and job.status != "FAILED" and job.number > since
