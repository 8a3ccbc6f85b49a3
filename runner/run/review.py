"""A run of a reviewed plan: all of it is planned and compared before any of it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.plan.discovery import resolve
from runner.plan.planner import Planner
from runner.plan.reviewed import require_same

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from runner.errors import ApiError, ExportError
    from runner.plan.decide import Wishes
    from runner.plan.discovery import Resolved
    from runner.plan.model import PlannedExport
    from runner.plan.reviewed import Reviewed
    from runner.plan.work import Work
    from runner.spec.model import Project
    from runner.spec.select import Selection


class Prepared:
    """One spec, planned before its run: stands where a planner stands, and says again what was compared."""

    def __init__(self, resolved: Resolved, planner: Planner) -> None:
        self.resolved = resolved
        self._planner = planner
        self._plans: dict[Project, list[PlannedExport]] = {}
        self._unresolved: dict[Project, list[PlannedExport]] = {}

    @property
    def pins(self) -> set[tuple[str, str, str, str]]:
        """What the run holds on to."""
        return self._planner.pins

    @property
    def planned(self) -> list[PlannedExport]:
        """All that was planned."""
        return [each for plans in (*self._unresolved.values(), *self._plans.values()) for each in plans]

    async def prepare(self, selection: Selection) -> None:
        """Plan everything; nothing is held on to yet."""
        for project, error in self.resolved.failed:
            self._unresolved[project] = list(self._planner.unresolved(project, selection, error))
        for project in self.resolved.spec.projects:
            self._plans[project] = [each async for each in self._planner.plan(project, selection)]

    def hold(self) -> None:
        """It is what was reviewed: the run begins."""
        self._planner.hold()

    async def plan(self, project: Project, _selection: Selection) -> AsyncIterator[PlannedExport]:
        """What was planned for a project."""
        for planned in self._plans[project]:
            yield planned

    def unresolved(
        self, project: Project, _selection: Selection, _error: ApiError | ExportError
    ) -> Iterator[PlannedExport]:
        """What was said of a discovery that came to nothing."""
        return iter(self._unresolved[project])


async def prepare_all(
    works: Sequence[Work], selection: Selection, wishes: Wishes, reviewed: Reviewed
) -> list[Prepared]:
    """Every spec's plan. Raises UsageError, with the differences, where they are not together what was reviewed."""
    prepared = [await _prepared(work, selection, wishes) for work in works]
    require_same(reviewed, [planned for each in prepared for planned in each.planned])
    for each in prepared:
        each.hold()
    return prepared


async def _prepared(work: Work, selection: Selection, wishes: Wishes) -> Prepared:
    resolved = await resolve(work.spec, work.api)
    planner = Planner(resolved.spec, work.api, work.identity, work.state, wishes, holds=False)
    prepared = Prepared(resolved, planner)
    await prepared.prepare(selection)
    return prepared
