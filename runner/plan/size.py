"""How many rows an export will have: by the crawl's depths where they tell, else counted by its own query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.bql.depth import choose
from runner.bql.request import request
from runner.bql.sizing import told_by_depth
from runner.counted import counted
from runner.errors import PlanRefused

if TYPE_CHECKING:
    from runner.bql.asked import Asked
    from runner.bql.depth import DepthChoice
    from runner.plan.crawls import ProjectCrawls
    from runner.spec.model import DepthRule

OWN_COUNT = "counted by its own query"


@dataclass(frozen=True, slots=True)
class Sized:
    """How many rows an export has, and how that came about; `tried` where its own query was answered for it."""

    choice: DepthChoice | None
    rows: int | None
    reason: str
    tried: bool = False


async def size(asked: Asked, rule: DepthRule, crawls: ProjectCrawls, limit: int) -> Sized:
    """The size of an export under its depth rule; PlanRefused where it does not fit into `limit` rows."""
    if not asked.needs_depth:
        return await _own_count(asked, None, crawls, limit)
    distribution = await crawls.distribution(asked)
    if told_by_depth(asked):
        choice = choose(rule, distribution, limit, divisible=asked.divisible)
        return Sized(choice, choice.rows, choice.reason)
    if rule.kind == "max_safe":
        deepest = choose(rule, distribution, limit, divisible=asked.divisible)
        depths = [depth for depth, _ in distribution.counts if depth <= int(deepest.deepest or 0)]
        return await _as_deep_as_fits(asked, deepest, depths, crawls, limit)
    # How many pages these depths have does not tell whether the rows fit.
    return await _own_count(asked, choose(rule, distribution, distribution.total), crawls, limit)


async def _own_count(asked: Asked, choice: DepthChoice | None, crawls: ProjectCrawls, limit: int) -> Sized:
    rows = await crawls.count(request(asked, choice, limit))
    if rows is None:
        return Sized(choice, None, "the API does not say how many rows", tried=True)
    if rows > limit:
        hint = "narrow it with `filters` or `depth`" if choice else "narrow it with `filters` or a shorter period"
        raise PlanRefused(f"it has {rows:,} rows, and an export takes {limit:,}", hint)
    return Sized(choice, rows, f"{counted(rows, 'row')}, {OWN_COUNT}", tried=True)


async def _as_deep_as_fits(
    asked: Asked, deepest: DepthChoice, depths: list[int], crawls: ProjectCrawls, limit: int
) -> Sized:
    """The deepest depth, down to `deepest`, whose rows fit; halving keeps the questions to the API few."""

    async def down_to(depth: int) -> int:
        return await crawls.count(request(asked, replace(deepest, deepest=depth), limit)) or 0

    rows = await crawls.count(request(asked, deepest, limit))
    if rows is None or rows <= limit:
        sized = await _own_count(asked, deepest, crawls, limit)
        return replace(sized, reason=f"{sized.reason}; of pages, {deepest.reason}")
    fits, too_deep, brought = -1, len(depths) - 1, {len(depths) - 1: rows}
    while too_deep - fits > 1:
        middle = (fits + too_deep) // 2
        brought[middle] = await down_to(depths[middle])
        fits, too_deep = (fits, middle) if brought[middle] > limit else (middle, too_deep)
    if fits < 0:
        raise PlanRefused(
            f"not even depth {depths[0]} fits: it has {brought[0]:,} rows, and an export takes {limit:,}",
            "narrow it with `filters`",
        )
    chosen = replace(deepest, deepest=depths[fits])
    further = f"depth {depths[too_deep]} would have brought {brought[too_deep]:,}"
    reason = f"depth {chosen} brings {counted(brought[fits], 'row')}; {further}, {OWN_COUNT}"
    return Sized(chosen, brought[fits], reason, tried=True)
