"""Exports that earlier runs have done and that cannot have changed: known without planning them again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runner.files.destination import destination_of, reach
from runner.plan.model import Decision, PlannedExport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.plan.terms import Terms
    from runner.spec.model import Export, Project, Spec
    from runner.state.exports import ExportRecord


class Settled:
    """One project's exports that are done. `planner` would say the same of each, and take ten times as long."""

    def __init__(self, spec: Spec, terms: Terms, project: Project, records: Iterable[ExportRecord]) -> None:
        self._spec = spec
        self._terms = terms
        self._project = project
        self._records = {(record.export, record.analysis): record for record in records}

    @property
    def crawls(self) -> set[str]:
        """The crawls that they are of."""
        return {analysis for _, analysis in self._records}

    async def look(self, export: Export, slug: str) -> PlannedExport | None:
        """The plan line of an export of a crawl that is done; None where it must be planned."""
        record = self._records.get((export.name, slug))
        if record is None or record.terms != self._terms.of(self._project, export) or not await _is_in_place(record):
            return None
        decision = Decision("skip", "done, and the spec asks for the same", record.job_id, record=record)
        project = self._project
        return PlannedExport(
            self._spec, project.org, project.project, slug, export.name, project.labels, decision=decision
        )


async def _is_in_place(record: ExportRecord) -> bool:
    """By one look: its length and time are as they were."""
    found = await reach(record.path, partial(destination_of(record.path).stamp, record.path))
    return found is not None and (found.bytes, found.mark) == (record.bytes, record.mark)
