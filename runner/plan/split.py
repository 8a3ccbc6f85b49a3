"""`depth: split`: a whole crawl as disjoint parts, each small enough for one job, which together are all of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runner.bql.partition import Part, bands
from runner.bql.sizing import sizing_metric
from runner.errors import PlanRefused
from runner.plan.divide import COUNT_AGAIN, Divider

if TYPE_CHECKING:
    from runner.bql.asked import Asked
    from runner.plan.crawls import ProjectCrawls


async def parts_of(asked: Asked, crawls: ProjectCrawls, limit: int) -> tuple[Part, ...]:
    """The parts, shallowest first; their rows are those of the crawl, or PlanRefused is raised."""
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
    return Divider(partial(crawls.measure, asked), sizing_metric(asked), asked.full_id("url"), numbers, limit)
