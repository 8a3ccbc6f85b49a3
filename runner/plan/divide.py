"""What is too large for one job, divided: by the numeric field with the most values, then by how addresses end.

Everything is measured by `/query` aggregates, many conditions in one request, and every count is checked against the
whole: what does not add up is refused before anything is paid for.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql import filters
from runner.bql.cells import Cell, Range, pack, union
from runner.bql.partition import Part
from runner.errors import PlanRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from runner.jsonvalue import JsonObject, JsonValue

    # The values of metrics over the rows of a filter, in the metrics' order.
    Measure = Callable[[JsonObject | None, Sequence[JsonValue]], Awaitable[Sequence[JsonValue]]]

# The smaller the cells, the fuller the parts: 16 to a part leave at most 1/16 of it empty.
GRAIN = 16
# Conditions in one request.
_AT_ONCE = 40
# A range is cut again this often at most: 40 to the power of 8 is more than a double can tell apart.
_ROUNDS = 8
_LETTERS = string.ascii_letters + string.digits + "/-_.=%~+&?#:;,@!$'()*[]"
# Longer than any number that a site counts its pages with.
_LONGEST_ENDING = 40


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric field: its smallest and largest value, and how many it has, among the rows to divide."""

    field: str
    whole: bool
    low: float
    high: float
    values: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that may have to be divided further: by each of `numbers`, then by what comes before `ending`."""

    cell: Cell
    numbers: tuple[Number, ...]
    ending: str | None = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range whose values are known to lie between two numbers, both included."""

    span: Range
    low: float
    high: float
    rows: int

    def cut(self, pieces: int, *, whole: bool) -> list[Stretch]:
        """The same range in up to so many; only itself where there is nothing between its ends."""
        step = (self.high - self.low) / pieces
        points = [self.low + step * number for number in range(1, pieces)]
        inner = sorted({round(point) if whole else point for point in points} | ({self.high} if whole else set()))
        inner = [point for point in inner if self.low < point <= self.high]
        lows = [self.low, *inner]
        highs = [point - 1 if whole else point for point in inner] + [self.high]
        edges = [self.span.low, *inner, self.span.high]
        return [
            Stretch(Range(self.span.field, edges[number], edges[number + 1]), low, high, 0)
            for number, (low, high) in enumerate(zip(lows, highs, strict=True))
        ]


class Divider:
    """Divides the rows of one crawl; `metric` counts rows, `url` is the address's full id."""

    def __init__(self, measure: Measure, metric: JsonObject, url: str, numbers: dict[str, bool], limit: int) -> None:
        """`numbers` are fields that may serve, and whether each holds whole numbers."""
        self._measure = measure
        self._metric = metric
        self._url = url
        self._candidates = numbers
        self._limit = limit
        self._grain = max(1, limit // GRAIN)

    async def divide(self, name: str, where: JsonObject, rows: int) -> tuple[Part, ...]:
        """Disjoint parts that together are the rows of `where`: at most a fifth more than there must be, and one.

        Raises PlanRefused where no field tells the rows apart.
        """
        pieces = [Piece(Cell(rows, (where,)), await self._numbers(where))]
        while not (bins := self._packed(pieces)):
            divisible = [each for each in pieces if each.cell.rows > self._grain and each.ending is not None]
            if not divisible:
                break
            largest = max(divisible, key=lambda each: each.cell.rows)
            place = pieces.index(largest)
            pieces[place : place + 1] = await self._divide(largest)
        bins = bins or self._packed(pieces, strictly=False)
        if not bins:
            raise PlanRefused(f"{name} has {rows:,} rows, and nothing tells them apart", "narrow it with `filters`")
        count = len(bins)
        return tuple(
            Part(f"{name}, part {number} of {count}", union(cells), sum(cell.rows for cell in cells))
            for number, cells in enumerate(bins, 1)
        )

    def _packed(self, pieces: Sequence[Piece], *, strictly: bool = True) -> tuple[tuple[Cell, ...], ...]:
        """The pieces in parts; nothing where one is too large, or (`strictly`) where it takes too many."""
        cells = [each.cell for each in pieces]
        if any(cell.rows > self._limit for cell in cells):
            return ()
        bins = pack(cells, self._limit)
        fewest = -(-sum(cell.rows for cell in cells) // self._limit)
        return bins if not strictly or len(bins) <= 1.2 * fewest + 1 else ()

    async def _numbers(self, where: JsonObject) -> tuple[Number, ...]:
        """The numeric fields, the one with the most values first, found out by one request."""
        functions = ("min", "max", "count_distinct")
        metrics = [{"function": each, "args": [field]} for field in self._candidates for each in functions]
        found = await self._measure(where, metrics) if metrics else []
        numbers = []
        for place, (field, whole) in enumerate(self._candidates.items()):
            low, high, values = found[3 * place : 3 * place + 3]
            if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
                numbers.append(Number(field, whole, low, high, int(values or 0)))
        return tuple(sorted(numbers, key=lambda number: -number.values))

    async def _divide(self, piece: Piece) -> list[Piece]:
        return await (self._by_number(piece) if piece.numbers else self._by_ending(piece))

    async def _by_number(self, piece: Piece) -> list[Piece]:
        """Ranges of a field, each cut again until it is small or a single value; and the rows that have no value."""
        number, *others = piece.numbers
        base = _conditions(piece.cell)
        stretches = [Stretch(Range(number.field), number.low, number.high, piece.cell.rows)]
        for round_ in range(_ROUNDS):
            finer = await self._finer(stretches, base, whole=number.whole, first=round_ == 0)
            if finer == stretches:
                break
            stretches = finer
        cells = [Cell(each.rows, base, each.span) for each in stretches]
        absent = piece.cell.rows - sum(cell.rows for cell in cells)
        if absent:
            cells.append(Cell(absent, (*base, {"not": {"field": number.field, "predicate": "exists"}})))
        return [Piece(cell, tuple(others)) for cell in cells]

    async def _finer(
        self, stretches: list[Stretch], base: tuple[JsonObject, ...], *, whole: bool, first: bool
    ) -> list[Stretch]:
        """Every stretch that is too large cut into several, with their counts."""
        cuts = [each.cut(self._pieces(each.rows), whole=whole) for each in stretches]
        spans = [piece.span.filter() for cut in cuts if len(cut) > 1 for piece in cut]
        counts = iter(await self._counts(base, [span for span in spans if span]))
        finer: list[Stretch] = []
        for stretch, cut in zip(stretches, cuts, strict=True):
            if len(cut) == 1:
                finer.append(stretch)
                continue
            counted = [Stretch(each.span, each.low, each.high, next(counts)) for each in cut]
            self._check(stretch.rows, sum(each.rows for each in counted), less=first)
            finer += counted
        return finer

    def _pieces(self, rows: int) -> int:
        """Into how many a range with so many rows is cut: one where it is small enough, more than needed else."""
        return 1 if rows <= self._grain else min(_AT_ONCE, 4 * -(-rows // self._grain))

    async def _by_ending(self, piece: Piece) -> list[Piece]:
        """By the letter before the ending that the addresses have in common."""
        ending = piece.ending or ""
        base = _conditions(piece.cell)[: -1 if ending else None]
        endings = [letter + ending for letter in _LETTERS]
        conditions = [{"field": self._url, "predicate": "ends", "value": each} for each in endings]
        counts = await self._counts(base, conditions)
        self._check(piece.cell.rows, sum(counts), less=True)
        found = [
            Piece(Cell(rows, (*base, condition)), (), each if len(each) < _LONGEST_ENDING else None)
            for each, condition, rows in zip(endings, conditions, counts, strict=True)
            if rows
        ]
        other = piece.cell.rows - sum(counts)
        if other:
            own = (*_conditions(piece.cell), {"not": {"or": conditions}})
            found.append(Piece(Cell(other, own), (), None))
        return found

    async def _counts(self, base: Sequence[JsonObject], conditions: Sequence[JsonObject]) -> list[int]:
        """The rows of each condition."""
        counts: list[int] = []
        for start in range(0, len(conditions), _AT_ONCE):
            metrics = [{**self._metric, "filters": each} for each in conditions[start : start + _AT_ONCE]]
            counts += [int(value or 0) for value in await self._measure(filters.both(*base), metrics)]
        return counts

    def _check(self, rows: int, parts: int, *, less: bool) -> None:
        """The parts of something have as many rows as it; fewer only where others may be left over."""
        if parts > rows or (parts < rows and not less):
            raise PlanRefused(f"the API's counts do not add up: {rows:,} rows, and {parts:,} in their parts")


def _conditions(cell: Cell) -> tuple[JsonObject, ...]:
    span = cell.span.filter() if cell.span else None
    return (*cell.conditions, span) if span else cell.conditions
