"""The live view: a few lines at the bottom of a terminal that are drawn anew, whatever the number of exports."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TYPE_CHECKING

from runner.show.tally import clock

if TYPE_CHECKING:
    from runner.show.tally import Moving, Tally

# Besides these there are the totals, the phases, and how many more move.
MOST_MOVING = 10
_RED, _BOLD, _PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


class LiveView:
    """Draws on stderr; whoever prints something else there erases the view first."""

    def __init__(self) -> None:
        self._drawn: list[str] = []
        self._colour = not os.environ.get("NO_COLOR")

    def draw(self, tally: Tally, now: float) -> None:
        """The view as it is now, in place of what it was; in one write, so that nothing flickers."""
        columns, lines = _size()
        shown = [fit(line, columns - 1) for line in view(tally, now)[: max(lines - 1, 1)]]
        painted = [f"{_BOLD}{shown[0]}{_PLAIN}", *shown[1:]] if self._colour else shown
        sys.stderr.write(self._erasing(columns) + "".join(f"{line}\n" for line in painted))
        sys.stderr.flush()
        self._drawn = shown

    def erase(self) -> None:
        """Leave the terminal as if nothing had been drawn."""
        sys.stderr.write(self._erasing(_size()[0]))
        sys.stderr.flush()
        self._drawn = []

    def alarm(self, text: str) -> str:
        """What went wrong, so that it is seen."""
        return f"{_RED}{text}{_PLAIN}" if self._colour else text

    def _erasing(self, columns: int) -> str:
        """Up to the view's first line: a terminal that became narrower has wrapped what was drawn."""
        height = sum(max(1, -(-width_of(line) // max(columns, 1))) for line in self._drawn)
        return f"\x1b[{height}F\x1b[J" if height else ""


def _size() -> tuple[int, int]:
    """Of the terminal that stderr is, whatever the environment or standard output say; some know none."""
    columns, lines = os.get_terminal_size(sys.stderr.fileno())
    return columns or 80, lines or 24


def view(tally: Tally, now: float) -> list[str]:
    """Totals, how many are in each phase, and the few that move."""
    active = [each for each in tally.moving() if each.phase != "waiting"]
    more = len(active) - MOST_MOVING
    return [
        tally.totals(now),
        tally.times(now),
        *(_line(each, now) for each in active[:MOST_MOVING]),
        *([f"  and {more:,} more"] if more > 0 else []),
    ]


def _line(moving: Moving, now: float) -> str:
    return f"  {moving.phase:<11} {clock(now - moving.since):>7}  {moving.name}"


def fit(text: str, columns: int) -> str:
    """As much of a line as there is room for."""
    if width_of(text) <= columns:
        return text
    room = columns - 1
    kept = ""
    for letter in text:
        room -= width_of(letter)
        if room < 0:
            break
        kept += letter
    return f"{kept}…"


def width_of(text: str) -> int:
    """How many columns a text takes: wide letters two, marks that join the letter before them none."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)
