"""What this machine has: Python, optional libraries, room for files, a state file that can be used."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from runner import __version__
from runner.counted import counted
from runner.doctor.finding import Finding
from runner.errors import BqlrunError, StateError
from runner.files.destination import destination_of
from runner.files.location import is_store
from runner.show.table import size
from runner.state.look import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.spec.model import Spec

EXTRAS = {
    "emulator": (("duckdb", "starlette", "uvicorn"), "to try specs without an account"),
    "parquet": (("duckdb",), "for `format: parquet`"),
    "stores": (("obstore",), "for an `output.dir` like s3://bucket"),
    "fast": (("isal",), "unpacks faster"),
}
# Less free room than this, in bytes, is a run that is about to fail.
LITTLE_ROOM = 100_000_000


def versions() -> Finding:
    """Which program this is, and what runs it."""
    return Finding("program", ok=True, text=f"bqlrun {__version__}, Python {sys.version.split()[0]}")


def extras(needed: frozenset[str]) -> Iterator[Finding]:
    """Optional libraries; one that is not there is bad only where it is needed."""
    for name, (libraries, purpose) in EXTRAS.items():
        there = all(find_spec(library) for library in libraries)
        found = True if there else False if name in needed else None
        hint = "" if there else f"pip install 'bqlrun[{name}]'"
        yield Finding("extra", found, f"{name} {'is installed' if there else 'is not installed'}: {purpose}", hint)


def needed_by(specs: Sequence[Spec]) -> frozenset[str]:
    """The optional libraries that some specs cannot do without."""
    formats = {export.output.format for spec in specs for export in spec.exports}
    needed = {"parquet"} if "parquet" in formats else set()
    if any(is_store(export.output.dir) for spec in specs for export in spec.exports):
        needed.add("stores")
    return frozenset(needed)


def state(path: Path) -> Finding:
    """Whether the state file can be used, and by how many it is being used."""
    if not path.exists():
        return _creatable("state", path.parent, f"there is no {path} yet: the first run makes it")
    try:
        found = look(path)
    except StateError as error:
        return Finding("state", ok=False, text=error.message, hint=error.hint)
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return Finding("state", ok=False, text=f"{path} cannot be written", hint="give yourself permission")
    at_it = f"; {counted(found.running, 'run')} under way" if found.running else "; nobody is at it"
    return Finding("state", ok=True, text=f"{path}: {counted(found.exports, 'export')}, format {found.version}{at_it}")


def output(root: str) -> Finding:
    """Whether files can be put there: into a folder with some room, or a bucket that lets look into it."""
    return _store(root) if is_store(root) else _folder(Path(root))


def _store(root: str) -> Finding:
    try:
        destination_of(root).check(root)
    except BqlrunError as error:
        return Finding("output", ok=False, text=error.message, hint=error.hint)
    return Finding("output", ok=True, text=f"{root} can be reached")


def _folder(folder: Path) -> Finding:
    there = _nearest(folder)
    later = "" if folder.exists() else " is not there yet: the first run makes it"
    if not there.is_dir():
        return Finding("output", ok=False, text=f"{there} is no folder", hint="`output.dir` names another")
    free = shutil.disk_usage(there).free
    text = f"{folder}{later}; {size(free)} free"
    if free < LITTLE_ROOM:
        return Finding("output", ok=False, text=text, hint="make room: a run that finds none goes on later")
    return _creatable("output", folder, text)


def _creatable(check: str, folder: Path, text: str) -> Finding:
    there = _nearest(folder)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(check, ok=True, text=text)
    hint = "give yourself permission, or name another folder"
    return Finding(check, ok=False, text=f"nothing can be written in {there}", hint=hint)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())
