"""`.bqlrun`: the folder for what goes with a state file, which the user alone may look into."""

from __future__ import annotations

import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What bqlrun calls a folder of its own, and the file that keeps it out of version control.
OURS, _IGNORED = ".bqlrun", ".gitignore"


def room_of(path: Path) -> Path:
    """The folder for what goes with a state file: `.bqlrun`, beside the file where it is not inside it."""
    return path.parent if path.parent.name == OURS else path.parent / OURS


def private_folder(folder: Path) -> None:
    """Make a folder that only the user may look into, for it holds addresses of paid files; version control skips it.

    A `.bqlrun` that is there already gets the same permissions, for a CI's cache may have made it. Any other folder
    that is there stays as it is.
    """
    known = folder.exists()
    if known and not (folder.name == OURS and folder.is_dir()):
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(OSError):
        if known and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
        if not (folder / _IGNORED).exists():
            with (folder / _IGNORED).open("x", encoding="utf-8") as ignored:
                ignored.write("*\n")
