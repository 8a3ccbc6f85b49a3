"""What the name of an organisation, a project, a crawl, an export or a label may be."""

from __future__ import annotations

import re

_UNFIT = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def name_problem(name: str) -> str | None:
    """What is wrong with a name, if anything. Half of a pair that UTF-16 writes a character with is no character."""
    if name in {".", ".."} or _UNFIT.search(name) or not name:
        return "a name is not `.` or `..`, and holds no slash, backslash or control character"
    return None


def on_one_line(text: str) -> str:
    """Text of somebody's table as a message may hold it."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
