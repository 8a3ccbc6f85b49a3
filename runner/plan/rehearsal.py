"""A rehearsal: exports rendered with placeholders, as far as they are known before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.depth import DepthChoice
from runner.bql.request import Request, request
from runner.plan.exports import exports_of, rows_limit
from runner.plan.placeholders import asked_of, projects_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.bql.asked import Asked
    from runner.spec.model import Export, Project, Spec
    from runner.spec.select import Selection


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One export as far as it is known without the API: exact, or with marked placeholders."""

    project: Project
    export: Export
    analysis: str
    request: Request


def rehearse(spec: Spec, selection: Selection) -> Iterator[Rehearsed]:
    """What each selected export of each project comes to; UsageError where its template fails."""
    for project in projects_of(spec):
        for export in exports_of(spec, project, selection):
            for asked in asked_of(spec, project, export):
                yield Rehearsed(project, export, asked.analysis, rendered(spec, asked))


def rendered(spec: Spec, asked: Asked) -> Request:
    """What one export comes to; UsageError where its template fails."""
    return request(asked, _depth(spec, asked), rows_limit(spec, asked))


def _depth(spec: Spec, asked: Asked) -> DepthChoice | None:
    """The band that is written down, or a marked place for the depth that the crawl decides."""
    if not asked.needs_depth:
        return None
    rule = asked.export.depth or spec.defaults.depth
    if rule.kind == "max_safe":
        return DepthChoice(None, "<depth: max_safe>", 0, "")
    if rule.kind == "split":
        return DepthChoice(None, "<depths of a part>", 0, "")
    return DepthChoice(rule.min, rule.max, 0, "")
