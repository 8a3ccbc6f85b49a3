"""What a run's events come to at a moment: how far the exports are, what moves, how fast, and how long it takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.counted import counted
from runner.show.table import figure, size

if TYPE_CHECKING:
    from runner.run.events import Event

# What an event begins; what ends is not in flight any more.
BEGINS = {
    "planned": "waiting", "waiting": "waiting", "created": "exporting", "adopted": "exporting",
    "recovered": "exporting", "resumed": "exporting", "downloading": "downloading", "assembling": "assembling",
}  # fmt: skip
ENDS = frozenset({"done", "failed", "skipped"})
# Nearest to its file first.
ORDER = ("assembling", "downloading", "exporting", "waiting")


@dataclass(frozen=True, slots=True)
class Moving:
    """An export, or a part of one, that is under way: in which phase, since when."""

    name: str
    phase: str
    since: float


class Tally:
    """Keeps count. `expected` is how many exports the specs ask for, as far as they can tell; `began` is a clock's."""

    def __init__(self, expected: int, began: float) -> None:
        self._expected = expected
        self._began = began
        self._seen: set[str] = set()
        self._parts: set[str] = set()
        self._moving: dict[str, Moving] = {}
        # A stable name that cannot be put in place makes a failure of what was done.
        self._how: dict[str, str] = {}
        self._rows = self._bytes = 0

    def note(self, event: Event, now: float) -> None:
        """One more event."""
        if event.kind == "found":
            self._expected += event.figures["exports"]
        if not event.export:
            return
        if event.figures.get("partition"):
            self._parts.add(event.export)
        if event.kind in BEGINS:
            self._begin(event, now)
        elif event.kind in ENDS:
            self._end(event)

    def _begin(self, event: Event, now: float) -> None:
        phase, known = BEGINS[event.kind], self._moving.get(event.export)
        if known is None or known.phase != phase:
            self._moving[event.export] = Moving(event.export, phase, now)
        if event.export not in self._parts:
            self._seen.add(event.export)

    def _end(self, event: Event) -> None:
        self._moving.pop(event.export, None)
        if event.export in self._parts:
            return
        self._seen.add(event.export)
        self._how[event.export] = event.kind
        if event.kind == "done":
            self._rows += event.figures.get("rows") or 0
            self._bytes += event.figures.get("bytes") or 0

    def moving(self) -> list[Moving]:
        """What is under way: what is nearest to its file first, then what has been so for longest."""
        return sorted(self._moving.values(), key=lambda each: (ORDER.index(each.phase), each.since))

    def totals(self, now: float) -> str:
        """How far the run is, and how fast it was."""
        elapsed, ended = now - self._began, Counter(self._how.values())
        place = ended["done"] + ended["skipped"]
        parts = [f"{place:,} of {counted(self._total(), 'export')} in place"]
        parts += [f"{ended['failed']:,} failed"] if ended["failed"] else []
        parts += [f"{figure(self._rows)} rows, {size(self._bytes)}"] if self._rows else []
        parts += [f"{figure(round(self._rows / elapsed))} rows/s"] if self._rows and elapsed >= 1 else []
        return " · ".join(parts)

    def times(self, now: float) -> str:
        """How long the run has taken, how long the rest takes at that pace, and how many are in each phase."""
        elapsed, phases = now - self._began, Counter(each.phase for each in self._moving.values())
        left = _left(Counter(self._how.values()), self._total(), elapsed)
        told = [f"{phases[phase]:,} {phase}" for phase in ORDER if phases[phase]]
        return " · ".join([", ".join([clock(elapsed), *left]), *told])

    def _total(self) -> int:
        return max(self._expected, len(self._seen))


def _left(ended: Counter[str], total: int, elapsed: float) -> list[str]:
    """Exports that were there already took no time and say nothing of the pace."""
    worked = ended["done"] + ended["failed"]
    rest = total - worked - ended["skipped"]
    return [f"about {clock(elapsed / worked * rest)} left"] if worked and rest > 0 else []


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
