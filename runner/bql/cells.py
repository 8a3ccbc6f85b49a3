"""Cells: a depth that is too large, cut by a field's values and by address endings, and packed into parts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql import filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class Range:
    """Values of a numeric field from `low` (included) to `high` (excluded); None leaves an end open."""

    field: str
    low: float | None = None
    high: float | None = None

    def filter(self) -> JsonObject | None:
        """The condition; None where both ends are open."""
        ends = (("gte", self.low), ("lt", self.high))
        return filters.both(
            *({"field": self.field, "predicate": name, "value": end} for name, end in ends if end is not None)
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a depth: the rows for which all `conditions` hold and whose value lies in `span`.

    Neighbouring ranges of one field under the same conditions are told as one when they meet in a part.
    """

    rows: int
    conditions: tuple[JsonObject, ...]
    span: Range | None = None

    def joined(self, other: Cell) -> Cell | None:
        """This cell and the one that follows it as one, None where they do not touch."""
        if self.span is None or other.span is None or self.conditions != other.conditions:
            return None
        if self.span.field != other.span.field or self.span.high is None or self.span.high != other.span.low:
            return None
        if self.span.low is None and other.span.high is None:
            # Open at both ends it would be no condition at all, and rows without a value would come along.
            return None
        span = Range(self.span.field, self.span.low, other.span.high)
        return Cell(self.rows + other.rows, self.conditions, span)

    def filter(self) -> JsonObject | None:
        """The condition as one filter."""
        return filters.both(*self.conditions, self.span.filter() if self.span else None)


def pack(cells: Sequence[Cell], limit: int) -> tuple[tuple[Cell, ...], ...]:
    """Put cells together, each bin at most `limit` rows.

    In their own order where that takes hardly more bins than there must be: then conditions are short. Else the
    largest first, each where it fits best.
    """
    in_order = _in_order(cells, limit)
    if len(in_order) <= -(-sum(cell.rows for cell in cells) // limit) + 1:
        return in_order
    return min(in_order, _largest_first(cells, limit), key=len)


def _in_order(cells: Iterable[Cell], limit: int) -> tuple[tuple[Cell, ...], ...]:
    bins: list[list[Cell]] = []
    room = 0
    for cell in cells:
        if not bins or cell.rows > room:
            bins.append([])
            room = limit
        bins[-1].append(cell)
        room -= cell.rows
    return tuple(map(tuple, bins))


def _largest_first(cells: Sequence[Cell], limit: int) -> tuple[tuple[Cell, ...], ...]:
    bins: list[list[int]] = []
    rooms: list[int] = []
    for index in sorted(range(len(cells)), key=lambda each: -cells[each].rows):
        rows = cells[index].rows
        fitting = [each for each, room in enumerate(rooms) if room >= rows]
        best = min(fitting, key=lambda each: rooms[each]) if fitting else len(bins)
        if not fitting:
            bins.append([])
            rooms.append(limit)
        bins[best].append(index)
        rooms[best] -= rows
    return tuple(tuple(cells[index] for index in sorted(each)) for each in bins)


def union(cells: Iterable[Cell]) -> JsonObject | None:
    """One filter for several cells, touching ranges told as one."""
    told: list[Cell] = []
    for cell in cells:
        together = told[-1].joined(cell) if told else None
        if together:
            told[-1] = together
        else:
            told.append(cell)
    conditions = [cell.filter() for cell in told]
    if None in conditions or not conditions:
        return None
    present = [each for each in conditions if each]
    return present[0] if len(present) == 1 else {"or": present}
