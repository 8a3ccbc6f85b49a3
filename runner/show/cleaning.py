"""What `clean` removes and what it leaves alone, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.counted import counted
from runner.show.table import figure, size, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.files.written import Left, Written
    from runner.jsonvalue import JsonObject

HEAD = ("export", "rows", "size", "file")


def cleaning_json(old: Sequence[Written], left: Sequence[Left], *, removed: bool) -> JsonObject:
    """The object that `bqlrun clean --json` prints."""
    return {
        "removed": removed,
        "exports": [
            {
                "org": each.manifest.org,
                "project": each.manifest.project,
                "analysis": each.manifest.analysis,
                "export": each.manifest.export,
                "path": str(each.file),
                "bytes": each.manifest.bytes,
            }
            for each in old
        ],
        "left": [{"path": str(each.path), "reason": each.reason} for each in left],
        "totals": {"exports": len(old), "bytes": sum(each.manifest.bytes for each in old)},
    }


def cleaning_text(old: Sequence[Written], left: Sequence[Left]) -> str:
    """A line a file, what they come to, and what is left alone."""
    lines = [(_name(each), figure(each.manifest.rows), size(each.manifest.bytes), str(each.file)) for each in old]
    total = size(sum(each.manifest.bytes for each in old))
    said = f"{counted(len(old), 'file')} of old crawls, {total}" if old else "no file is of an old crawl"
    alone = "\n".join(f"{each.path} is left alone: {each.reason}" for each in left)
    return "\n\n".join(filter(None, (table(HEAD, lines, frozenset({1, 2})) if lines else "", alone, said)))


def _name(written: Written) -> str:
    known = written.manifest
    return f"{known.org}/{known.project}/{known.analysis}:{known.export}"
