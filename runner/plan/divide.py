"""Divide what is too large for one job: by the numeric field with the most values, then by how addresses end.

Everything is measured by `/query` aggregates, many conditions in one request, and every count is checked against the
whole: what does not add up is refused before anything is paid for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.bql import filters
from runner.bql.cells import pack, union
from runner.bql.partition import Part
from runner.bql.pieces import Number, Piece
from runner.errors import PlanRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from runner.bql.cells import Cell
    from runner.jsonvalue import JsonObject, JsonValue

    # The values of metrics over the rows of a filter, in the metrics' order.
    Measure = Callable[[JsonObject | None, Sequence[JsonValue]], Awaitable[Sequence[JsonValue]]]
    # Some of the addresses of those rows, at least one where there are any.
    Addresses = Callable[[JsonObject | None], Awaitable[Sequence[str]]]

# The smaller the pieces, the fuller the parts, and the more there is to count: 8 to a part leave 1/8 empty at most.
GRAIN = 8
# Conditions in one request.
_AT_ONCE = 40
# A range that is still too large after it was cut holds its rows in a few places: finding them takes finer cuts.
_AGAIN = 4
COUNT_AGAIN = "run again; if it stays so, narrow the export with `filters`"


class Divider:
    """Divides rows of one crawl; `metric` counts rows, `url` is the address's full id."""

    def __init__(
        self,
        measure: Measure,
        addresses: Addresses,
        metric: JsonObject,
        url: str,
        numbers: Mapping[str, bool],
        limit: int,
    ) -> None:
        """`numbers` are fields that may serve, and whether each holds whole numbers."""
        self._measure = measure
        self._addresses = addresses
        self._metric = metric
        self._url = url
        self._candidates = numbers
        self._limit = limit
        self._grain = max(1, limit // GRAIN)

    async def divide(self, name: str, where: JsonObject, rows: int) -> tuple[Part, ...]:
        """Disjoint parts that together are the rows of `where`: at most a fifth more than there must be, and one.

        Raises PlanRefused where nothing tells the rows apart.
        """
        pieces = [Piece(rows, (where,), await self._numbers(where))]
        while not (bins := self._packed(pieces, strictly=True)):
            largest = max(filter(self._divisible, pieces), key=lambda piece: piece.rows, default=None)
            if largest is None:
                break
            pieces = await self._divided(pieces, largest)
        bins = bins or self._packed(pieces, strictly=False)
        if not bins:
            raise PlanRefused(f"{name} has {rows:,} rows, and nothing tells them apart", "narrow it with `filters`")
        return tuple(
            Part(f"{name}, part {number} of {len(bins)}", union(cells), sum(cell.rows for cell in cells))
            for number, cells in enumerate(bins, 1)
        )

    def _packed(self, pieces: Sequence[Piece], *, strictly: bool) -> tuple[tuple[Cell, ...], ...]:
        """The pieces in parts; nothing where one is too large, or (`strictly`) where it takes too many."""
        cells = [each.cell for each in pieces]
        if any(cell.rows > self._limit for cell in cells):
            return ()
        bins = pack(cells, self._limit)
        fewest = -(-sum(cell.rows for cell in cells) // self._limit)
        return bins if not strictly or len(bins) <= 1.2 * fewest + 1 else ()

    def _divisible(self, piece: Piece) -> bool:
        return piece.rows > self._grain and (bool(piece.numbers) or piece.divisible)

    async def _numbers(self, where: JsonObject) -> tuple[Number, ...]:
        """The numeric fields, the one with the most values first, found out by one request."""
        functions = ("min", "max", "count_distinct")
        metrics = [{"function": each, "args": [field]} for field in self._candidates for each in functions]
        found = await self._measure(where, metrics) if metrics else []
        numbers = []
        for place, (field, whole) in enumerate(self._candidates.items()):
            low, high, values = found[3 * place : 3 * place + 3]
            if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
                numbers.append((int(values or 0), Number(field, whole, low, high)))
        return tuple(number for _, number in sorted(numbers, key=lambda each: -each[0]))

    async def _divided(self, pieces: Sequence[Piece], largest: Piece) -> list[Piece]:
        """The pieces with the largest divided, and with it those that the same requests can divide."""
        if largest.numbers:
            alike = [each for each in pieces if each is largest or (self._divisible(each) and _alike(each, largest))]
            finer = await self._by_number(alike)
        else:
            alike, finer = [largest], [await self._by_ending(largest)]
        found = {id(piece): new for piece, new in zip(alike, finer, strict=True)}
        return [new for piece in pieces for new in found.get(id(piece), [piece])]

    async def _by_number(self, alike: Sequence[Piece]) -> list[list[Piece]]:
        """Pieces of one field under the same conditions: each cut into ranges; what has one value awaits the next."""
        cuts = [piece.cut(self._pieces(piece)) for piece in alike]
        counts = iter(
            await self._counts(alike[0].conditions, [each.span.filter() for cut in cuts for each in cut if each.span])
        )
        return [self._counted(piece, cut, counts) for piece, cut in zip(alike, cuts, strict=True)]

    def _counted(self, piece: Piece, cut: Sequence[Piece], counts: Iterator[int]) -> list[Piece]:
        if not cut:
            return [piece.next_number()]
        counted = [replace(each, rows=next(counts)) for each in cut]
        left = self._left(piece, counted, may_be_more=piece.span is None)
        return [*counted, piece.valueless(left)] if left else counted

    def _pieces(self, piece: Piece) -> int:
        """Into how many ranges a piece is cut: a few more than needed, were its rows evenly spread."""
        needed = -(-3 * piece.rows // (2 * self._grain))
        return min(_AT_ONCE, needed if piece.span is None else max(needed, _AGAIN))

    async def _by_ending(self, piece: Piece) -> list[Piece]:
        """By the endings that some addresses show, and what ends otherwise: that shows others next time."""
        addresses = await self._addresses(filters.both(*piece.filters))
        longer = piece.next_endings(self._url, addresses)
        if len(longer) == 1:
            shared = piece.shared_ending(self._url, addresses)
            [rows] = await self._counts(piece.filters, [shared.ending])
            if rows == piece.rows:
                return [replace(shared, rows=rows)]
        counts = await self._counts(piece.filters, [each.ending for each in longer])
        counted = [replace(each, rows=rows) for each, rows in zip(longer, counts, strict=True) if rows]
        if not counted:
            return [replace(piece, divisible=False)]
        left = self._left(piece, counted, may_be_more=True)
        return [*counted, piece.otherwise(left, longer)] if left else counted

    async def _counts(self, base: Sequence[JsonObject], conditions: Sequence[JsonObject | None]) -> list[int]:
        """The rows of each condition."""
        counts: list[int] = []
        for start in range(0, len(conditions), _AT_ONCE):
            metrics = [{**self._metric, "filters": each} for each in conditions[start : start + _AT_ONCE]]
            counts += [int(value or 0) for value in await self._measure(filters.both(*base), metrics)]
        return counts

    def _left(self, piece: Piece, parts: Sequence[Piece], *, may_be_more: bool) -> int:
        """The rows of a piece that are in none of its parts. Raises PlanRefused where that cannot be."""
        rows = sum(each.rows for each in parts)
        if rows > piece.rows or (rows < piece.rows and not may_be_more):
            message = f"the API's counts do not add up: {piece.rows:,} rows, and {rows:,} in their parts"
            raise PlanRefused(message, COUNT_AGAIN)
        return piece.rows - rows


def _alike(piece: Piece, other: Piece) -> bool:
    """Whether two pieces are ranges of one field under the same conditions."""
    same = piece.conditions == other.conditions and bool(piece.numbers)
    return same and piece.numbers[0].field == other.numbers[0].field
