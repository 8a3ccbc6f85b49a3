"""A look before anything is spent: a project's crawls, the depths of one, its fields. Nothing is created."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runner.bql.asked import Asked
from runner.bql.depth import choose
from runner.bql.fields import ALIASES
from runner.bql.sizing import depth_query, distribution
from runner.errors import ApiRefused, PlanRefused
from runner.near import near
from runner.plan.analyses import choose_analyses
from runner.plan.missing import NEAREST, name_missing
from runner.spec.model import AnalysisRule, DepthRule, Export

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from runner.botify.answers import Analysis, CollectionField
    from runner.botify.client import Botify
    from runner.bql.depth import DepthDistribution
    from runner.spec.model import Project


@dataclass(frozen=True, slots=True)
class Depths:
    """A crawl's depths against what one export takes; `safe` is the deepest that fits with all above it."""

    analysis: str
    distribution: DepthDistribution
    limit: int
    safe: int | None


@dataclass(frozen=True, slots=True)
class NamedField:
    """A field of a collection, and its short name in specs where it has one."""

    field: CollectionField
    alias: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever it may be looked for by."""
        return tuple(filter(None, (self.field.id, self.field.name, self.alias)))


async def crawls(api: Botify, project: Project) -> tuple[Analysis, ...]:
    """Every crawl of a project, newest first, those that failed or are not finished among them."""
    async with _known(api, project):
        return await api.every_analysis(project.org, project.project)


async def depths(api: Botify, project: Project, limit: int) -> Depths:
    """The depths of the crawl that the project's address names, else of its newest."""
    slug = await crawl(api, project)
    asked = Asked(project, Export("depths", project.place), slug, {})
    rows = await api.query_rows(project.org, project.project, depth_query(asked))
    found = distribution((row.dimensions[0], row.metrics[0]) for row in rows)
    return Depths(slug, found, limit, safe_depth(found, limit))


def safe_depth(found: DepthDistribution, limit: int) -> int | None:
    """What `max_safe` would come to; None where nothing fits, or nothing has a depth."""
    try:
        deepest = choose(DepthRule("max_safe"), found, limit).deepest
    except PlanRefused:
        return None
    return deepest if found.counts and isinstance(deepest, int) else None


async def crawl(api: Botify, project: Project) -> str:
    """The crawl that is looked at."""
    rule = AnalysisRule("slug", (project.url_analysis,)) if project.url_analysis else AnalysisRule("latest")
    async with _known(api, project):
        finished = await api.analyses(project.org, project.project)
    return choose_analyses(rule, [each.slug for each in finished])[0]


async def fields(api: Botify, project: Project, collection: str | None) -> tuple[str, tuple[NamedField, ...]]:
    """A collection's id, that of the crawl where none is named, and its fields."""
    collection = collection or f"crawl.{await crawl(api, project)}"
    async with _known(api, project):
        found = await api.fields(project.org, project.project, collection)
    aliases = {field_id: alias for alias, field_id in reversed(ALIASES.items()) if alias != field_id}
    return collection, tuple(NamedField(each, aliases.get(each.id)) for each in found)


def matching(pattern: str, found: Sequence[NamedField]) -> tuple[NamedField, ...]:
    """Fields whose id, name or alias matches a glob, or holds a text; PlanRefused, with near names, where none does."""
    wanted = pattern.casefold()
    glob = wanted if any(mark in wanted for mark in "*?[") else f"*{wanted}*"
    matches = tuple(each for each in found if any(fnmatchcase(name.casefold(), glob) for name in each.names))
    if matches:
        return matches
    known: dict[str, str] = {}
    for each in found:
        for name in (*each.names, *each.field.id.split(".")):
            known.setdefault(name.casefold(), each.field.id)
    ids = dict.fromkeys(known[name] for name in near(wanted.strip("*"), known, most=NEAREST, likeness=0.5))
    hint = f"near are {', '.join(ids)}" if ids else f"it has {len(found):,} fields: leave the pattern out to see all"
    raise PlanRefused(f"no field matches {pattern}", hint)


@asynccontextmanager
async def _known(api: Botify, project: Project) -> AsyncIterator[None]:
    """Where the API finds nothing, say whether it is the project that is not there, and which one may be meant."""
    try:
        yield
    except ApiRefused as error:
        await name_missing(api, project.org, project.project, error)
        raise
