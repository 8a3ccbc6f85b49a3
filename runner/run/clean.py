"""Old files go, what was paid for them stays known: the state file is told first, so that no run fetches them again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import PlaceError
from runner.files.manifest import manifest_path
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.files.written import Written
    from runner.state.store import State


def remove(old: Iterable[Written], root: Path, state: State | None) -> None:
    """Remove files with their manifests, and folders that are empty then. Killed in between, it can be done again."""
    records = {Path(each.path).absolute(): each for each in state.exports.all()} if state else {}
    for written in old:
        record = records.get(written.file.absolute())
        if state and record and record.fingerprint == written.manifest.fingerprint:
            state.exports.put(replace(record, cleaned_at=now()))
        _remove(written.file, root)


def _remove(file: Path, root: Path) -> None:
    try:
        file.unlink(missing_ok=True)
        # Last, so that what was begun is found again.
        manifest_path(file).unlink(missing_ok=True)
    except OSError as error:
        raise PlaceError(
            f"cannot remove {file}: {error.strerror}", "give yourself permission, and clean again"
        ) from None
    for folder in file.parents:
        if folder == root or any(folder.iterdir()):
            return
        folder.rmdir()
