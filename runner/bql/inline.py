"""Templates within a spec, such as an output path: most hold plain names alone, and for those Jinja is not loaded."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_NAME = re.compile(r"\{\{ *([a-z_]+) *\}\}")
# What may mean more to Jinja than it says.
_MORE = re.compile(r"[\r\n]|\{[{%#]")


def render_inline(text: str, values: Mapping[str, object], setting: str) -> str:
    """The text of an inline template; `setting` is the key that holds it. UsageError where it makes no sense."""
    names, format_text = _plain(text)
    found = [values.get(name) for name in names]
    if format_text and all(isinstance(each, str) for each in found):
        return format_text.format(*found)
    from runner.bql.jinja import render_text

    return render_text(text, values, setting)


def check_inline(text: str, known: Collection[str], setting: str) -> None:
    """Raise UsageError for a template that no values can fill in: no grammar, or a name that is not `known`."""
    names, format_text = _plain(text)
    for name in names:
        if name not in known:
            raise UsageError(f"`{setting}`: {name!r} is undefined", f"it sees {', '.join(known)}")
    if text and not format_text:
        from runner.bql.jinja import check_text

        check_text(text, setting)


@cache
def _plain(text: str) -> tuple[tuple[str, ...], str]:
    """The names that a template holds, and where they stand; no place where it holds more than names."""
    pieces = _NAME.split(text)
    # A brace in each name's place: one more right before it begins the name earlier, as Jinja reads it.
    if _MORE.search("{".join(pieces[::2])):
        return (), ""
    return tuple(pieces[1::2]), "{}".join(each.replace("{", "{{").replace("}", "}}") for each in pieces[::2])
