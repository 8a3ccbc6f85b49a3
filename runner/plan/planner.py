"""Spec, API and state become a plan: every export of every project, sized, with what to do and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.bql.asked import Asked, last_day_of
from runner.bql.request import request
from runner.errors import ApiError, ApiRefused, ExportError, NoFinishedCrawl, PlanRefused
from runner.plan.account_jobs import AccountJobs
from runner.plan.again import begun
from runner.plan.analyses import rule_for
from runner.plan.ask import LIST_ROWS
from runner.plan.check import explain, try_query
from runner.plan.crawls import ProjectCrawls, comparison_rule
from runner.plan.decide import Wishes, decide
from runner.plan.exports import exports_of, rows_limit
from runner.plan.model import Decision, PlannedExport, Wanted
from runner.plan.ownership import refuse_anothers
from runner.plan.paths import output_path
from runner.plan.settled import Settled
from runner.plan.size import size
from runner.plan.terms import Terms, are_lasting
from runner.plan.whole import Wholes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from runner.botify.client import Botify
    from runner.spec.model import AnalysisRule, Export, Project, Spec
    from runner.spec.select import Selection
    from runner.state.exports import ExportRecord
    from runner.state.store import State


class Planner:
    """Plans one spec, project by project; `pins` collects what this run holds on to until it ends.

    Who only looks (`holds` is false) pins nothing: what is newest is decided when a run begins.
    """

    def __init__(
        self, spec: Spec, api: Botify, api_identity: str, state: State, wishes: Wishes, *, holds: bool = True
    ) -> None:
        self._spec = spec
        self._api = api
        self._identity = api_identity
        self._state = state
        self._wishes = replace(wishes, since=begun(state, spec.name)) if wishes.again else wishes
        self._terms = Terms(spec)
        self._holds = holds
        self.pins: set[tuple[str, str, str, str]] = set()
        self._unpinned: list[tuple[ProjectCrawls, str, tuple[str, ...]]] = []

    def hold(self) -> None:
        """From now on, hold on to what was planned: a run begins that does it."""
        self._holds = True
        self.pins.update(crawls.pin(rule, slugs) for crawls, rule, slugs in self._unpinned)

    def _keep(self, crawls: ProjectCrawls, rule: str, slugs: tuple[str, ...]) -> None:
        if self._holds:
            self.pins.add(crawls.pin(rule, slugs))
        else:
            self._unpinned.append((crawls, rule, slugs))

    async def plan(self, project: Project, selection: Selection) -> AsyncIterator[PlannedExport]:
        """What a run would do about each selected export of a project, one value for each crawl that it names."""
        settled = Settled(self._spec, self._terms, project, self._done_before(project))
        crawls = ProjectCrawls(self._api, self._state, self._spec.name, project, settled.crawls)
        account_jobs = AccountJobs(self._api, project.org, project.project)
        for export in exports_of(self._spec, project, selection):
            rule = rule_for(project, export, self._spec.defaults)
            try:
                slugs = await self.slugs(export, rule, crawls)
            except (ApiError, ExportError) as error:
                yield self._unplanned(project, export, str(rule), error)
                continue
            for slug in slugs:
                known = await settled.look(export, slug)
                yield known or await self._plan_one(Asked(project, export, slug, self._spec.vars), crawls, account_jobs)

    def _done_before(self, project: Project) -> Iterable[ExportRecord]:
        """What need not be planned: nothing where it is done again, or where people want to see the plan."""
        if not self._holds or self._wishes.again:
            return ()
        return self._state.exports.settled(self._spec.name, project.org, project.project)

    def unresolved(
        self, project: Project, selection: Selection, error: ApiError | ExportError
    ) -> Iterator[PlannedExport]:
        """What is said of a discovery that came to nothing: each export it would have brought, with the reason."""
        for export in exports_of(self._spec, project, selection):
            rule = rule_for(project, export, self._spec.defaults)
            yield self._unplanned(project, export, str(rule), error)

    async def slugs(self, export: Export, rule: AnalysisRule, crawls: ProjectCrawls) -> tuple[str, ...]:
        """The slugs that a rule comes to. An export that needs no crawl has the last day of its data instead."""
        try:
            slugs = await crawls.chosen(rule)
        except NoFinishedCrawl:
            last_day = last_day_of(export)
            if last_day is None:
                raise
            return (last_day,)
        if not rule.slugs:
            self._keep(crawls, str(rule), slugs)
        return slugs

    async def _plan_one(self, asked: Asked, crawls: ProjectCrawls, account_jobs: AccountJobs) -> PlannedExport:
        try:
            asked = await self.compared(asked, crawls)
            try:
                planned, tried = await self._planned(asked, crawls, account_jobs)
            except ApiRefused as refused:
                await explain(refused, request(asked, None, 1), crawls)
                raise
            if planned.wanted:
                await refuse_anothers(planned.wanted, self._state)
            first = planned.parts[0].wanted if planned.parts else planned.wanted
            paid_or_paged = planned.action == "submit" or (first and first.request.listed and planned.action != "skip")
            if paid_or_paged and first and not tried:
                await try_query(first.request, crawls)
        except (ApiError, ExportError) as error:
            return self._unplanned(asked.project, asked.export, asked.analysis, error)
        return planned

    async def _planned(
        self, asked: Asked, crawls: ProjectCrawls, account_jobs: AccountJobs
    ) -> tuple[PlannedExport, bool]:
        """The plan of one export, and whether its very query was answered on the way."""
        if self._in_parts(asked):
            wholes = Wholes(self._spec, self._identity, self._state, self._wishes)
            return await wholes.plan(asked, crawls, account_jobs), False
        wanted, tried = await self._wanted(asked, crawls)
        decision = await decide(wanted, self._state, account_jobs, self._wishes)
        project, name = asked.project, asked.export.name
        planned = PlannedExport(
            self._spec, project.org, project.project, asked.analysis, name, project.labels, wanted, decision
        )
        return planned, tried

    async def compared(self, asked: Asked, crawls: ProjectCrawls) -> Asked:
        """The same with the crawl that it is compared with, where it compares."""
        if not asked.kind.comparison:
            return asked
        named = asked.project.comparison
        found = await crawls.before(asked.analysis, named)
        self._keep(crawls, comparison_rule(asked.analysis, named), (found,))
        return replace(asked, comparison=found)

    def _in_parts(self, asked: Asked) -> bool:
        rule = asked.export.depth or self._spec.defaults.depth
        return asked.needs_depth and asked.divisible and rule.kind == "split"

    def _unplanned(
        self, project: Project, export: Export, analysis: str, error: ApiError | ExportError
    ) -> PlannedExport:
        """An export that could not be planned; a project without a crawl is left out where the spec says so."""
        skipped = isinstance(error, NoFinishedCrawl) and self._spec.defaults.on_missing == "skip"
        decision = Decision("skip", f"{error.message}, and `on_missing: skip` leaves it out") if skipped else None
        return PlannedExport(
            self._spec,
            project.org,
            project.project,
            analysis,
            export.name,
            project.labels,
            decision=decision,
            error=None if skipped else error,
        )

    async def _wanted(self, asked: Asked, crawls: ProjectCrawls) -> tuple[Wanted, bool]:
        limit = rows_limit(self._spec, asked)
        sized = await size(asked, asked.export.depth or self._spec.defaults.depth, crawls, limit)
        if asked.export.mode == "list" and (sized.rows or 0) > LIST_ROWS:
            raise PlanRefused(
                f"it has {sized.rows:,} rows, and `mode: list` takes {LIST_ROWS:,}",
                "`mode: export` takes them, or narrow it with `filters` or `depth`",
            )
        asking = request(asked, sized.choice, limit)
        wanted = Wanted(
            spec=self._spec,
            api=self._identity,
            asked=asked,
            request=asking,
            fingerprint=asking.fingerprint(self._identity, sized.rows),
            path=output_path(self._spec, asked),
            rows=sized.rows,
            depth=str(sized.choice) if sized.choice else None,
            size_reason=sized.reason,
            warning=sized.choice.warning if sized.choice else None,
            terms=self._terms.of(asked.project, asked.export) if are_lasting(asked.export, asking) else None,
        )
        return wanted, sized.tried
