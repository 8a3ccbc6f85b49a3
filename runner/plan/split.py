"""`depth: split`: a whole crawl as disjoint parts, each small enough for one job, which together are all of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runner.bql.partition import Part, bands
from runner.bql.request import request
from runner.bql.sizing import sizing_metric, told_by_depth
from runner.errors import PlanRefused
from runner.plan.divide import COUNT_AGAIN, Divider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.bql.asked import Asked
    from runner.bql.request import Request
    from runner.plan.crawls import ProjectCrawls

# How often parts are made smaller, where pages bring more rows each than it seemed.
_TRIES = 4
_NARROW = "narrow it with `filters`, or take fewer depths"
_OF_PAGES = "only rows of single pages can be split, and a template of one's own has to filter by its `where`"


async def parts_of(asked: Asked, crawls: ProjectCrawls, limit: int) -> tuple[Part, ...]:
    """The parts, shallowest first; their rows are those of the whole, or PlanRefused is raised."""
    if told_by_depth(asked):
        return await _by_depth(asked, crawls, limit)
    return await _by_own_count(asked, crawls, limit)


def everything(asked: Asked, limit: int) -> Request:
    """What an export asks for that is not cut into parts."""
    return request(asked, Part("everything", None, 0), limit)


async def _by_own_count(asked: Asked, crawls: ProjectCrawls, limit: int) -> tuple[Part, ...]:
    """Parts of pages, each counted by its own query: where pages bring many rows each, a part has fewer pages."""
    pages = limit
    for _ in range(_TRIES):
        by_depth = await _by_depth(asked, crawls, pages)
        parts = [await _counted(part, asked, crawls, limit) for part in by_depth]
        largest, its_pages = max((part.rows, of.rows) for part, of in zip(parts, by_depth, strict=True))
        if largest <= limit:
            return await _complete(parts, asked, crawls, limit)
        pages = max(1, its_pages * limit * 9 // (largest * 10))
    raise PlanRefused(f"one of its parts has {largest:,} rows, and an export takes {limit:,}", _NARROW)


async def _complete(parts: Sequence[Part], asked: Asked, crawls: ProjectCrawls, limit: int) -> tuple[Part, ...]:
    """The same parts; PlanRefused where they do not add up to the whole."""
    rows = sum(part.rows for part in parts)
    whole = await crawls.count(everything(asked, limit))
    if whole != rows:
        raise PlanRefused(f"its parts have {rows:,} rows, and the API counts {whole or 0:,} in all", _OF_PAGES)
    return tuple(parts)


async def _counted(part: Part, asked: Asked, crawls: ProjectCrawls, limit: int) -> Part:
    rows = await crawls.count(request(asked, part, limit))
    if rows is None:
        raise PlanRefused("the API does not count its rows: nothing would show that its parts are all of it", _NARROW)
    return replace(part, rows=rows)


async def _by_depth(asked: Asked, crawls: ProjectCrawls, limit: int) -> tuple[Part, ...]:
    distribution = await crawls.distribution(asked)
    depth = asked.full_id("depth")
    divider: Divider | None = None
    parts: list[Part] = []
    for band in bands(distribution, limit):
        where = band.filter(depth)
        if band.rows <= limit:
            parts.append(Part(band.name, where, band.rows))
        else:
            divider = divider or await _divider(asked, crawls, limit)
            parts += await divider.divide(band.name, where, band.rows)
    if sum(part.rows for part in parts) != distribution.total:
        raise PlanRefused(f"the parts do not add up to the crawl's {distribution.total:,} rows", COUNT_AGAIN)
    return tuple(parts) or (Part("everything", None, 0),)


async def _divider(asked: Asked, crawls: ProjectCrawls, limit: int) -> Divider:
    numbers = await crawls.numbers(asked)
    measure, addresses = partial(crawls.measure, asked), partial(crawls.addresses, asked)
    return Divider(measure, addresses, sizing_metric(asked), asked.full_id("url"), numbers, limit)
