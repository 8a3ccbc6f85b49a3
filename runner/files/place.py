"""A checked file comes to its final name: by rename alone, durably, and never over something better."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

from runner.errors import PlaceError
from runner.files.durable import make_folder, part_of, rename, sync

if TYPE_CHECKING:
    from pathlib import Path


def place(staged: Path, final: Path) -> None:
    """Give a staged file, synced already, its final name. PlaceError leaves what was there as it was."""
    try:
        make_folder(final.parent)
        if final.is_dir():
            raise PlaceError(f"cannot write {final}: a folder has that name")
        _move(staged, final)
    except OSError as error:
        raise PlaceError(f"cannot write {final}: {error.strerror or error}") from error


def hold(staged: Path, folder: Path, name: str) -> Path:
    """Keep a complete file that nobody has accepted yet, out of the output folder; returns where it is."""
    held = folder / name
    place(staged, held)
    return held


def _move(staged: Path, final: Path) -> None:
    try:
        rename(staged, final)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(staged, final)
        staged.unlink()


def _copy(staged: Path, final: Path) -> None:
    """To another disk: into a dot-file beside the final name first, which goes again if anything fails."""
    part = part_of(final)
    try:
        with staged.open("rb") as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            sync(target, str(final))
        rename(part, final)
    except OSError:
        part.unlink(missing_ok=True)
        raise
