"""Remove old files. The state file is told first: their jobs stay known, and no run fetches the files again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import ManifestUnreadable
from runner.files.destination import destination_of
from runner.files.location import is_store
from runner.files.manifest import manifest_path, read_manifest
from runner.files.written import Left
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.files.written import Written
    from runner.state.store import State


def remove(old: Iterable[Written], root: str, state: State | None) -> list[Left]:
    """Remove files with their manifests, and folders that are empty then. Killed in between, it can be done again.

    Returns what a run beside this is at, or has replaced since it was looked at: it stays.
    """
    if state is None:
        for written in old:
            _remove(written, root)
        return []
    state.claims.open()
    try:
        paths = {_whole(each.path): each.path for each in state.exports.all()}
        return [left for each in old if (left := _remove_claimed(each, root, state, paths.get(_whole(each.file))))]
    finally:
        state.claims.close()


def _remove_claimed(written: Written, root: str, state: State, path: str | None) -> Left | None:
    """Remove a file while no run can be at it; `path` is how the state file writes where it is."""
    fingerprint = written.manifest.fingerprint
    if not state.claims.take(fingerprint):
        return Left(written.file, "a run is at it")
    try:
        if _replaced(written):
            return Left(written.file, "a run has replaced it meanwhile")
        record = state.exports.at(path) if path else None
        if record and record.fingerprint == fingerprint:
            state.exports.put(replace(record, cleaned_at=now()))
        _remove(written, root)
    finally:
        state.claims.give_up(fingerprint)
    return None


def _replaced(written: Written) -> bool:
    """Whether its manifest has become another; one that is gone was removed, and so may the rest of it be."""
    try:
        return read_manifest(manifest_path(written.file)) != written.manifest
    except ManifestUnreadable:
        return False


def _remove(written: Written, root: str) -> None:
    destination = destination_of(written.file)
    destination.remove(written.file, root)
    # Last, so that what was begun is found again.
    destination.remove(manifest_path(written.file), root)


def _whole(path: str) -> str:
    """The same for every way to write it."""
    return path if is_store(path) else str(Path(path).absolute())
