"""A whole crawl as bands of consecutive depths: as few as its depth distribution allows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql import filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.bql.depth import DepthDistribution
    from runner.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class Part:
    """One of the disjoint exports that a crawl is cut into. `filter` comes on top of the export's own filters.

    None as filter is the whole crawl.
    """

    name: str
    filter: JsonObject | None
    rows: int

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Band:
    """Consecutive depths, both ends included (both None where there are none), with or without what has no depth."""

    shallowest: int | None
    deepest: int | None
    rows: int
    without_depth: bool = False

    @property
    def name(self) -> str:
        """How people are told of it."""
        if self.shallowest is None:
            return "without depth"
        depths = str(self.shallowest) if self.shallowest == self.deepest else f"{self.shallowest}-{self.deepest}"
        return f"depth {depths}{' and without depth' if self.without_depth else ''}"

    def filter(self, depth: str) -> JsonObject:
        """The condition on the field `depth` that holds for these rows and no others."""
        absent: JsonObject = {"not": {"field": depth, "predicate": "exists"}}
        inside = filters.depth_filter(depth, self.shallowest, self.deepest)
        if inside is None:
            return absent
        return {"or": [inside, absent]} if self.without_depth else inside


def bands(distribution: DepthDistribution, limit: int) -> tuple[Band, ...]:
    """As few bands as consecutive depths can be put into, shallowest first.

    A depth that alone has more than `limit` rows is a band of its own, to be divided. Rows without a depth join the
    band that leaves the fewest bands in all, or are a band.
    """
    counts = [each for each in distribution.counts if each[1]]
    without = distribution.without_depth
    alone = (Band(None, None, without, without_depth=True),) if without else ()
    fewest = _greedy(counts, limit)
    best = (*fewest, *alone)
    for first, last in _hosts(counts, limit - without) if without else ():
        if len(best) == len(fewest):
            break
        rows = sum(each for _, each in counts[first : last + 1]) + without
        host = Band(counts[first][0], counts[last][0], rows, without_depth=True)
        best = min(best, (*_greedy(counts[:first], limit), host, *_greedy(counts[last + 1 :], limit)), key=len)
    return best


def _hosts(counts: Sequence[tuple[int, int]], room: int) -> Iterable[tuple[int, int]]:
    """Every run of consecutive depths with at most `room` rows, as (first index, last index)."""
    for first in range(len(counts)):
        rows = 0
        for last in range(first, len(counts)):
            rows += counts[last][1]
            if rows > room:
                break
            yield first, last


def _greedy(counts: Sequence[tuple[int, int]], limit: int) -> tuple[Band, ...]:
    """Each band as long as it can be: for consecutive bands nothing needs fewer."""
    found: list[Band] = []
    for depth, rows in counts:
        if found and found[-1].rows + rows <= limit:
            found[-1] = Band(found[-1].shallowest, depth, found[-1].rows + rows)
        else:
            found.append(Band(depth, depth, rows))
    return tuple(found)
