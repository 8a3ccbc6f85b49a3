"""How many pages each depth of a crawl has, as bars, with the depths that exports were cut to drawn in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.show.table import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.bql.depth import DepthDistribution
    from runner.run.report import Reported

WIDTH, HEIGHT, TOP = 400, 120, 26
_BAND = re.compile(r"(?:(\d+)-)?(\d+)|(\d+)\+")


@dataclass(frozen=True, slots=True)
class Column:
    """One depth: its bar, and its figures."""

    depth: int
    count: int
    cumulative: int
    taken: bool
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The depths of one crawl. `cut` is where the line stands, None where nothing is cut off."""

    name: str
    columns: tuple[Column, ...]
    cut: float | None
    words: str
    without_depth: int


def charts(exports: Sequence[Reported]) -> list[Chart]:
    """One for each export whose depths were counted; those of a crawl that are cut alike share one."""
    found: dict[tuple[object, ...], list[Reported]] = {}
    for each in exports:
        if each.counts and each.counts.counts:
            key = (each.org, each.project, each.analysis, each.depth, each.counts)
            found.setdefault(key, []).append(each)
    return [_chart(alike) for alike in found.values()]


def _chart(alike: Sequence[Reported]) -> Chart:
    first = alike[0]
    counts = first.counts
    if counts is None:
        raise ValueError("an export without counts has no chart")
    shallowest, deepest = _band(first.depth)
    columns = _columns(counts, shallowest, deepest)
    beyond = next((column.x for column in columns if deepest is not None and column.depth > deepest), None)
    names = ", ".join(dict.fromkeys(each.export for each in alike))
    return Chart(
        f"{first.org}/{first.project}/{first.analysis}: {names}",
        columns,
        beyond,
        _words(counts, shallowest, deepest),
        counts.without_depth,
    )


def _columns(counts: DepthDistribution, shallowest: int, deepest: int | None) -> tuple[Column, ...]:
    step = WIDTH / len(counts.counts)
    most = max(count for _, count in counts.counts) or 1
    drawn = []
    for place, ((depth, count), (_, cumulative)) in enumerate(zip(counts.counts, counts.cumulative(), strict=True)):
        # A depth with few pages is still to be seen.
        height = max(HEIGHT * count / most, 1.5 if count else 0)
        taken = depth >= shallowest and (deepest is None or depth <= deepest)
        x, y = round(place * step, 1), round(TOP + HEIGHT - height, 1)
        drawn.append(Column(depth, count, cumulative, taken, x, round(step * 0.86, 1), y, round(height, 1)))
    return tuple(drawn)


def _band(depth: str | None) -> tuple[int, int | None]:
    """The ends of what a plan shows as `3`, `2-4`, `2+` or `all`."""
    found = _BAND.fullmatch(depth or "")
    if not found:
        return 0, None
    first, last, open_end = found.groups()
    return int(first or open_end or 0), int(last) if last else None


def _words(counts: DepthDistribution, shallowest: int, deepest: int | None) -> str:
    rows, total = counts.between(shallowest, deepest), counts.total
    if deepest is None and not shallowest:
        return f"all {figure(total)} rows"
    band = f"depth {shallowest} and deeper" if deepest is None else f"depth {shallowest} to {deepest}"
    return f"{band}: {figure(rows)} of {figure(total)} rows"
