"""Text for a terminal of some width: what is longer goes on in the next line, between two words."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def room(stream: TextIO) -> int | None:
    """How many columns the terminal has; None for a pipe or a file, which have room for everything."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def fold(text: str, columns: int | None) -> str:
    """Every line that is longer, broken between words and set in; a word stays whole, for it may be copied."""
    if columns is None or all(len(line) <= columns for line in text.split("\n")):
        return text
    return "\n".join(_folded(line, columns) for line in text.split("\n"))


def _folded(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    import textwrap

    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line.lstrip(),
        columns,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
