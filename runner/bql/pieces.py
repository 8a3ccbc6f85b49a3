"""What may be divided further: rows told apart by a number's range, or by how their addresses end. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from runner.bql.cells import Cell, Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.jsonvalue import JsonObject

# A range is cut again this often at most; 4 to the power of 25 is as much as a double can tell apart.
_CUTS = 25


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric field, its smallest and largest value among some rows, both included, and how often it was cut."""

    field: str
    whole: bool
    low: float
    high: float
    cuts: int = 0

    def points(self, pieces: int) -> list[float]:
        """Where to cut into up to so many: numbers above the smallest value, up to the largest."""
        step = (self.high - self.low) / pieces
        points = [self.low + step * number for number in range(1, pieces)]
        inner = {round(point) for point in points} | {self.high} if self.whole else set(points)
        return sorted(point for point in inner if self.low < point <= self.high) if self.cuts < _CUTS else []


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows for which all `conditions` hold and that lie in `span`, a range of the first of `numbers`.

    It can be divided by the first of its numbers, then by the others, then by the letter before the `ending` that the
    addresses have in common (`divisible` is false where there is none any more).
    """

    rows: int
    conditions: tuple[JsonObject, ...]
    numbers: tuple[Number, ...] = ()
    span: Range | None = None
    ending: JsonObject | None = None
    divisible: bool = True

    @property
    def cell(self) -> Cell:
        """The same rows, not to be divided."""
        return Cell(self.rows, self.filters, self.span)

    @property
    def filters(self) -> tuple[JsonObject, ...]:
        """The conditions with that of the ending."""
        return (*self.conditions, self.ending) if self.ending else self.conditions

    def all_conditions(self) -> tuple[JsonObject, ...]:
        """The conditions with that of the span."""
        span = self.span.filter() if self.span else None
        return (*self.conditions, span) if span else self.conditions

    def cut(self, pieces: int) -> list[Piece]:
        """Ranges of the first number that together are this piece, not counted yet; none where it has one value."""
        number = self.numbers[0]
        points = number.points(pieces)
        if not points:
            return []
        span = self.span or Range(number.field)
        edges = [span.low, *points, span.high]
        lows = [number.low, *points]
        highs = [*(point - 1 if number.whole else point for point in points), number.high]
        return [
            replace(
                self,
                rows=0,
                numbers=(replace(number, low=low, high=high, cuts=number.cuts + 1), *self.numbers[1:]),
                span=Range(number.field, edges[place], edges[place + 1]),
            )
            for place, (low, high) in enumerate(zip(lows, highs, strict=True))
        ]

    def valueless(self, rows: int) -> Piece:
        """So many rows of this piece that have no value in its first number."""
        absent: JsonObject = {"not": {"field": self.numbers[0].field, "predicate": "exists"}}
        return Piece(rows, (*self.conditions, absent), self.numbers[1:])

    def next_number(self) -> Piece:
        """The same piece, to be divided by its other numbers."""
        return Piece(self.rows, self.all_conditions(), self.numbers[1:])

    def next_endings(self, url: str, addresses: Sequence[str]) -> list[Piece]:
        """By endings that are a letter longer, as far as some addresses show them; not counted yet."""
        known = len(self.ending["value"]) if self.ending else 0
        longer = dict.fromkeys(address[-known - 1 :] for address in addresses if len(address) > known)
        return [self._ending_in(url, each) for each in longer]

    def shared_ending(self, url: str, addresses: Sequence[str]) -> Piece:
        """By all that these addresses end in, which other rows may not; not counted yet."""
        return self._ending_in(url, _shared_ending(addresses))

    def otherwise(self, rows: int, endings: Sequence[Piece]) -> Piece:
        """So many rows of this piece that have none of these endings."""
        absent: JsonObject = {"not": {"or": [each.ending for each in endings]}}
        return replace(self, rows=rows, conditions=(*self.conditions, absent))

    def _ending_in(self, url: str, ending: str) -> Piece:
        return replace(self, rows=0, ending={"field": url, "predicate": "ends", "value": ending})


def _shared_ending(addresses: Sequence[str]) -> str:
    """The ending that all have in common: sorted from the end, it is what the first and the last share."""
    backwards = [address[::-1] for address in addresses]
    first, last = min(backwards), max(backwards)
    agree = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in agree)[::-1]
