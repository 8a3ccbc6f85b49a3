"""The first rows of an export, for those who look before they spend. Nothing is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.asked import Asked
from runner.bql.depth import choose
from runner.bql.request import request
from runner.errors import ApiRefused, PlanRefused
from runner.plan.analyses import rule_for
from runner.plan.ask import rows_of
from runner.plan.check import explain
from runner.plan.crawls import ProjectCrawls
from runner.plan.exports import rows_limit
from runner.plan.planner import Planner

if TYPE_CHECKING:
    from runner.botify.answers import Row
    from runner.bql.depth import DepthChoice
    from runner.bql.request import Request
    from runner.plan.decide import Wishes
    from runner.plan.work import Work
    from runner.spec.model import Export, Project, Spec


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of an export, and what was asked for."""

    org: str
    project: str
    analysis: str
    export: str
    request: Request
    rows: tuple[Row, ...]


async def sample(work: Work, wishes: Wishes, project: Project, export: Export, size: int) -> Sample:
    """The first rows of an export of the first crawl that it names, whether or not all of it fits into a job."""
    spec = work.spec
    crawls = ProjectCrawls(work.api, work.state, spec.name, project)
    planner = Planner(spec, work.api, work.identity, work.state, wishes, holds=False)
    slugs = await planner.slugs(export, rule_for(project, export, spec.defaults), crawls)
    asked = await planner.compared(Asked(project, export, slugs[0], spec.vars), crawls)
    limit = rows_limit(spec, asked)
    try:
        asking = request(asked, await _depths(spec, asked, crawls, limit), limit)
        page = await rows_of(work.api, asking, size=size, count=False)
    except ApiRefused as refused:
        await explain(refused, request(asked, None, limit), crawls)
        raise
    return Sample(project.org, project.project, slugs[0], export.name, asking, page.rows[:size])


async def _depths(spec: Spec, asked: Asked, crawls: ProjectCrawls, limit: int) -> DepthChoice | None:
    """The depths that the rule comes to; all of them where it does not come to any in one job."""
    rule = asked.export.depth or spec.defaults.depth
    if not asked.needs_depth or rule.kind == "split":
        return None
    try:
        return choose(rule, await crawls.distribution(asked), limit)
    except PlanRefused:
        return None
