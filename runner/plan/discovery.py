"""Projects that a spec does not name: the API is asked for the organisation's, and a glob picks among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runner.errors import ApiError, ExportError, PlanRefused
from runner.plan.missing import NEAREST, nearest, projects_of
from runner.spec.model import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.botify.answers import ListedProject
    from runner.botify.client import Botify
    from runner.spec.model import Discovery, Spec


@dataclass(frozen=True, slots=True)
class Resolved:
    """A spec whose projects are all known, and the discoveries that came to nothing, each with the reason.

    A failed discovery is a project whose slug is its glob: what is wrong with it is told like anything that is wrong
    with a project, and the others go on.
    """

    spec: Spec
    failed: tuple[tuple[Project, ApiError | ExportError], ...] = ()


async def resolve(spec: Spec, api: Botify) -> Resolved:
    """Ask for the projects of each discovery; one list an organisation, however many globs pick from it."""
    lists: dict[str, Sequence[ListedProject]] = {}
    found: list[Project] = []
    failed: list[tuple[Project, ApiError | ExportError]] = []
    for discovery in spec.discoveries:
        try:
            if discovery.org not in lists:
                lists[discovery.org] = await projects_of(api, discovery.org)
            found += matching(discovery, lists[discovery.org])
        except (ApiError, ExportError) as error:
            failed.append((as_project(discovery, discovery.match), error))
    return Resolved(replace(spec, projects=merged(spec.projects, found), discoveries=()), tuple(failed))


def matching(discovery: Discovery, listed: Sequence[ListedProject]) -> list[Project]:
    """The active projects whose slug matches; PlanRefused, with the nearest slugs, where none does."""
    matches = [each for each in listed if fnmatchcase(each.slug, discovery.match)]
    active = [as_project(discovery, each.slug) for each in matches if each.active]
    if active:
        return active
    if matches:
        names = ", ".join(each.slug for each in matches[:NEAREST])
        message = f"every project of {discovery.org} that matches {discovery.match} is inactive: {names}"
        raise PlanRefused(message, "a project that is named is exported all the same")
    hint = nearest(discovery.match, [each.slug for each in listed])
    raise PlanRefused(f"no project of {discovery.org} matches {discovery.match}", hint)


def merged(named: Sequence[Project], found: Sequence[Project]) -> tuple[Project, ...]:
    """The named projects as they are, then each other one once, with the labels of all that found it."""
    taken = {(each.org, each.project) for each in named}
    once: dict[tuple[str, str], Project] = {}
    for project in found:
        key = project.org, project.project
        labels = once[key].labels if key in once else ()
        if key not in taken:
            once[key] = replace(project, labels=tuple(dict.fromkeys((*labels, *project.labels))))
    return (*named, *once.values())


def as_project(discovery: Discovery, slug: str) -> Project:
    """A project as a discovery describes it."""
    return Project(discovery.org, slug, discovery.place, labels=discovery.labels)
