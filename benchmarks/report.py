"""The table of figures: as text for who waits, as Markdown for the documentation, with its date and machine."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figure import Figure

_BEGIN, _END = "<!-- measured by make bench -->\n", "<!-- end of what was measured -->"
_COLUMNS = ("figure", "measured", "goal", "", "in detail", "beside it")


def text(figures: Sequence[Figure]) -> str:
    """Columns side by side."""
    rows = [_COLUMNS, *map(_row, figures)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(figures: Sequence[Figure]) -> str:
    """A section for each group."""
    parts = [f"Measured on {datetime.now(UTC):%Y-%m-%d} on {machine()}.\n"]
    for group, members in groupby(figures, key=lambda figure: figure.group):
        lines = ["| " + " | ".join(row) + " |" for row in (_COLUMNS, ("---",) * len(_COLUMNS), *map(_row, members))]
        parts.append(f"### {group}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def write(figures: Sequence[Figure], path: Path) -> None:
    """The table as a file of its own, or in its place in a file that has one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.read_text("utf-8") if path.exists() else ""
    before, begins, rest = whole.partition(_BEGIN)
    _, ends, after = rest.partition(_END)
    inside = markdown(figures)
    path.write_text(f"{before}{begins}\n{inside}\n{ends}{after}" if ends else inside, encoding="utf-8")


def machine() -> str:
    """The processor, how many of it, memory, and the Python."""
    about = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*: (.*)", about)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = found[1].strip() if found else platform.machine()
    return f"{os.cpu_count()} × {name}, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _row(figure: Figure) -> tuple[str, ...]:
    goal = (
        ""
        if figure.goal is None
        else f"{'≤' if figure.sense == 'at most' else '≥'} {_number(figure.goal)} {figure.unit}"
    )
    value = f"{_number(figure.value)} {figure.unit}"
    return figure.name, value.strip(), goal.strip(), figure.verdict, figure.ours, figure.theirs


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value < 1000 else f"{value:,.0f}"
