"""Plain tables and figures: aligned columns that stay readable in a log file."""

from __future__ import annotations

import sys

from runner.show.fold import room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Rows under their heads; columns in `right` are aligned to the right.

    On a terminal that is too narrow for them, each row takes two lines: a wrapped table can be read by nobody.
    """
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    columns = room(sys.stdout)
    if columns is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > columns:
        return "\n".join(_stacked(head, row) for row in rows)
    return "\n".join(_line(line, widths, right) for line in lines)


def _stacked(head: Sequence[str], row: Sequence[str]) -> str:
    """What a row is about, and under it what there is to say, by the heads of its columns."""
    said = [f"{name} {cell}" if name else cell for name, cell in zip(head[1:], row[1:], strict=True) if cell]
    return f"{row[0]}\n{_GAP}{_GAP.join(said)}"


def _line(cells: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    padded = (
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return _GAP.join(padded).rstrip()


def figure(number: float | None) -> str:
    """A number for people: thousands apart, no needless decimals, `?` where nobody knows it."""
    if number is None:
        return "?"
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
