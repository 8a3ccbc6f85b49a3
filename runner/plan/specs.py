"""The specs that a command is given: loaded, with whatever can be seen to be wrong before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.templates import built_in_templates
from runner.errors import SpecError, UsageError
from runner.plan.exports import exports_of
from runner.plan.paths import combined_path, current_path, output_path
from runner.plan.placeholders import asked_of, projects_of
from runner.spec.load import read_specs
from runner.spec.problem import Problem
from runner.spec.select import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.bql.asked import Asked
    from runner.spec.model import Export, Project, Spec
    from runner.spec.problem import Place

EVERYTHING = Selection((), ())


@dataclass(frozen=True, slots=True)
class Written:
    """What a path holds, where the spec says so, and the crawl where each of them has a file of its own."""

    what: str
    place: Place
    analysis: str = ""


def load_rehearsed(paths: Sequence[Path]) -> tuple[Spec, ...]:
    """Load specs and rehearse them; SpecError with every problem of either."""
    specs, problems = read_specs(paths)
    written: dict[str, Written] = {}
    problems += [problem for spec in specs for problem in _problems(spec, written)]
    if problems:
        raise SpecError(sorted(problems))
    return tuple(specs)


def _problems(spec: Spec, paths: dict[str, Written]) -> Iterator[Problem]:
    """Templates that fail, once an export; paths that two exports share, of one spec or two, letter case apart."""
    failed: set[str] = set()
    for export in spec.exports:
        if export.template not in built_in_templates():
            yield from _template_problems(spec, export, failed)
    for project in projects_of(spec):
        for export in exports_of(spec, project, EVERYTHING):
            if export.name not in failed:
                yield from _path_problems(spec, project, export, failed, paths)


def _template_problems(spec: Spec, export: Export, failed: set[str]) -> Iterator[Problem]:
    """What is wrong with a template of one's own. A built-in renders whatever a valid spec asks of it."""
    from runner.plan.rehearsal import rendered

    for project in projects_of(spec)[:1]:
        try:
            rendered(spec, next(asked_of(spec, project, export)))
        except UsageError as error:
            failed.add(export.name)
            yield Problem(export.place, f"export {export.name}: {error}")


def _path_problems(
    spec: Spec, project: Project, export: Export, failed: set[str], paths: dict[str, Written]
) -> Iterator[Problem]:
    for asked in asked_of(spec, project, export, each=True):
        try:
            written = list(_paths_of(spec, asked))
        except UsageError as error:
            failed.add(export.name)
            yield Problem(export.place, str(error))
            return
        for path, new in written:
            known = paths.setdefault(path.casefold(), new)
            if known != new:
                failed.add(export.name)
                yield Problem(export.place, _shared(path, known, new))
                return


def _shared(path: str, known: Written, new: Written) -> str:
    if (known.what, known.place) == (new.what, new.place):
        return f"{new.what} has one path for several crawls: {path} (put {{{{ analysis }}}} into `output.path`)"
    return f"{new.what} has the same path as {known.what}, given at {known.place}: {path}"


def _paths_of(spec: Spec, asked: Asked) -> Iterator[tuple[str, Written]]:
    """Every path that an export of a crawl writes, and what that is."""
    name = f"export {asked.export.name} of {asked.project.org}/{asked.project.project}"
    yield output_path(spec, asked), Written(name, asked.project.place, asked.analysis)
    current = current_path(spec, asked)
    if current is not None:
        yield current, Written(f"the `current` of {name}", asked.project.place)
    if asked.export.combine:
        whole = f"the combined table of export {asked.export.name}"
        yield combined_path(spec, asked.export), Written(whole, asked.export.place)
