"""The work folder: how raw and staged files are named, and how those that finished exports left are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.files import rawfile
from runner.jsonvalue import digest

if TYPE_CHECKING:
    from pathlib import Path

    from runner.state.store import State

# What stands for a job where rows are fetched without one.
NO_JOB = "pages"


def raw_file(state: State, fingerprint: str, job_id: str) -> Path:
    """Where a job's bytes arrive; by the job, so that a new one never goes on with an old one's half file."""
    return state.work / f"{digest(['job', fingerprint, job_id])[:32]}.raw"


def staged_file(state: State, path: str) -> Path:
    """Where the file for `path` is made ready."""
    return state.work / f"{digest(['file', path])[:32]}.staged"


def brought_folder(state: State, path: str) -> Path:
    """Where files from an object store lie while the table at `path` is made of them."""
    return state.work / f"{digest(['parts', path])[:32]}.brought"


def sweep(state: State) -> None:
    """Drop the raw and staged files of exports that are done: a kill right after the last commit leaves some behind.

    What another run is at, to replace what is done, is left to it.
    """
    left = {*state.work.glob("*.raw"), *state.work.glob("*.staged")}
    if not left:
        return
    done: set[Path] = set()
    wanted: set[Path] = set()
    held = state.claims.held()
    for record in state.exports.all():
        raw = raw_file(state, record.fingerprint, record.job_id or NO_JOB)
        is_over = record.status == "done" and record.fingerprint not in held
        (done if is_over else wanted).update((raw, staged_file(state, record.path)))
    for raw in left & done - wanted:
        rawfile.drop(raw)
