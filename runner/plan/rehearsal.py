"""A rehearsal: every export rendered with placeholders, so that what is wrong shows before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.asked import Asked
from runner.bql.depth import DepthChoice
from runner.bql.request import Request, request
from runner.bql.templates import built_in_templates
from runner.errors import SpecError, UsageError
from runner.plan.analyses import rule_for
from runner.plan.discovery import as_project
from runner.plan.exports import exports_of, rows_limit
from runner.plan.paths import combined_path, current_path, output_path
from runner.spec.load import load_specs
from runner.spec.model import Place, Problem
from runner.spec.select import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.spec.model import Export, Project, Spec


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One export as far as it is known without the API: exact, or with marked placeholders."""

    project: Project
    export: Export
    analysis: str
    request: Request


EVERYTHING = Selection((), ())


def load_rehearsed(paths: Sequence[Path]) -> tuple[Spec, ...]:
    """Load specs and rehearse them; SpecError with every problem of either."""
    specs = load_specs(paths)
    written: dict[str, tuple[str, Place]] = {}
    problems = [problem for spec in specs for problem in _problems(spec, written)]
    if problems:
        raise SpecError(sorted(problems))
    return specs


def rehearse(spec: Spec, selection: Selection) -> Iterator[Rehearsed]:
    """What each selected export of each project comes to; UsageError where its template fails."""
    for project in _projects(spec):
        for export in exports_of(spec, project, selection):
            for asked in _asked(spec, project, export):
                asking = request(asked, _depth(spec, asked), rows_limit(spec, asked))
                yield Rehearsed(project, export, asked.analysis, asking)


def _projects(spec: Spec) -> tuple[Project, ...]:
    """The named projects, and a marked one for each question that only the API answers."""
    return (*spec.projects, *(as_project(each, f"<projects: {each.match}>") for each in spec.discoveries))


def _asked(spec: Spec, project: Project, export: Export) -> Iterator[Asked]:
    rule = rule_for(project, export, spec.defaults)
    for analysis in rule.slugs or (f"<analysis: {rule}>",):
        comparison = project.comparison or f"<comparison: the crawl before {analysis.strip('<>')}>"
        yield Asked(project, export, analysis, spec.vars, comparison)


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


def _problems(spec: Spec, paths: dict[str, tuple[str, Place]]) -> Iterator[Problem]:
    """Templates that fail, once an export; paths that two exports share, of one spec or two, letter case apart."""
    failed: set[str] = set()
    for project in _projects(spec)[:1]:
        yield from _template_problems(spec, project, failed)
    for project in _projects(spec):
        for export in exports_of(spec, project, EVERYTHING):
            if export.name not in failed:
                yield from _path_problems(spec, project, export, failed, paths)


def _template_problems(spec: Spec, project: Project, failed: set[str]) -> Iterator[Problem]:
    """What is wrong with templates of one's own: a built-in renders whatever a valid spec asks of it."""
    for export in (each for each in spec.exports if each.template not in built_in_templates()):
        asked = next(_asked(spec, project, export))
        try:
            request(asked, _depth(spec, asked), 1)
        except UsageError as error:
            failed.add(export.name)
            yield Problem(export.place, f"export {export.name}: {error}")


def _path_problems(
    spec: Spec, project: Project, export: Export, failed: set[str], paths: dict[str, tuple[str, Place]]
) -> Iterator[Problem]:
    for asked in _asked(spec, project, export):
        try:
            written = list(_paths_of(spec, asked))
        except UsageError as error:
            failed.add(export.name)
            yield Problem(export.place, str(error))
            return
        for path, what, place in written:
            other, there = paths.setdefault(path.casefold(), (what, place))
            if (other, there) != (what, place):
                failed.add(export.name)
                yield Problem(export.place, f"{what} has the same path as {other}, given at {there}: {path}")
                return


def _paths_of(spec: Spec, asked: Asked) -> Iterator[tuple[str, str, Place]]:
    """Every path that an export of a crawl writes, what it is, and where the spec says so."""
    name = f"export {asked.export.name} of {asked.project.org}/{asked.project.project}"
    yield output_path(spec, asked), name, asked.project.place
    current = current_path(spec, asked)
    if current is not None:
        yield current, f"the `current` of {name}", asked.project.place
    if asked.export.combine:
        whole = f"the combined table of export {asked.export.name}"
        yield combined_path(spec, asked.export), whole, asked.export.place
