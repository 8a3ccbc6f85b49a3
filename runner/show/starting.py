"""What `init` did, for people and for machines."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runner.emulator.embedded import INSTALL, has_emulator
from runner.files.starting import FIRST_SPEC, IGNORED

if TYPE_CHECKING:
    from runner.files.starting import Started
    from runner.jsonvalue import JsonObject


def started_json(started: Started) -> JsonObject:
    """The object that `bqlrun init --json` prints."""
    return {
        "folder": str(started.folder),
        "written": list(started.written),
        "left": list(started.left),
        "unignored": list(started.unignored),
        "next": _next(started),
    }


def started_text(started: Started) -> str:
    """A line a file, and the command to try."""
    lines = [f"wrote       {started.folder / name}" for name in started.written]
    lines += [f"left alone  {started.folder / name}: it was there" for name in started.left]
    if started.unignored:
        lines.append(f"\nwarning: {started.folder / IGNORED} should also name {', '.join(started.unignored)}")
    return "\n".join([*lines, "", f"next: {_next(started)}"])


def _next(started: Started) -> str:
    there = str(started.folder)
    install = "" if has_emulator() else f"{INSTALL} && "
    change = "" if there == "." else f"cd {shlex.quote(there)} && "
    return f"{install}{change}bqlrun run {FIRST_SPEC}"
