"""Old files go, what was paid for them stays known: the state file is told first, so that no run fetches them again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.files.destination import destination_of, is_store
from runner.files.manifest import manifest_path
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.files.written import Written
    from runner.state.store import State


def remove(old: Iterable[Written], root: str, state: State | None) -> None:
    """Remove files with their manifests, and folders that are empty then. Killed in between, it can be done again."""
    records = {_whole(each.path): each for each in state.exports.all()} if state else {}
    for written in old:
        record = records.get(_whole(written.file))
        if state and record and record.fingerprint == written.manifest.fingerprint:
            state.exports.put(replace(record, cleaned_at=now()))
        destination = destination_of(written.file)
        destination.remove(written.file, root)
        # Last, so that what was begun is found again.
        destination.remove(manifest_path(written.file), root)


def _whole(path: str) -> str:
    """The same for every way to write it."""
    return path if is_store(path) else str(Path(path).absolute())
