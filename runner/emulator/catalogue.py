"""One project's collections: what a query may name, and the rows behind the names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.emulator.data.crawl import crawl_relation
from runner.emulator.data.daily import logs_relation, search_console_relation
from runner.emulator.data.fields import crawl_fields, log_fields, search_console_fields
from runner.emulator.data.kept import kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runner.emulator.data.field import Field
    from runner.emulator.data.relation import Relation, Rows
    from runner.emulator.world import Crawl, Daily, Project, World


@dataclass(frozen=True, slots=True)
class Collection:
    """An id that a query may name, its fields and its rows. `daily` is set where it has days."""

    id: str
    name: str
    rows: Rows
    fields: Mapping[str, Field]
    daily: Daily | None = None
    crawl: Crawl | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A project and its collections."""

    project: Project
    collections: tuple[Collection, ...]

    @property
    def segments(self) -> tuple[str, ...]:
        """The names of the segments that the config adds."""
        return tuple(self.project.segments)

    def collection(self, name: str) -> Collection | None:
        """The collection of that id."""
        return next((found for found in self.collections if found.id == name), None)


def catalogues(world: World, execute: Callable[[str], None]) -> dict[tuple[str, str], Catalogue]:
    """The catalogue of every project of the world. `execute` keeps small relations as tables."""
    return {
        (project.org, project.slug): Catalogue(project, tuple(_collections(world, project, f"p{index}", execute)))
        for index, project in enumerate(world.projects)
    }


def _collections(world: World, project: Project, prefix: str, execute: Callable[[str], None]) -> Iterator[Collection]:
    found = (*_crawls(project, crawled_only=world.behaviour.crawled_only), *_daily(project))
    for index, (collection, relation) in enumerate(found):
        yield replace(collection, rows=kept(relation, f"{prefix}_{index}", execute))


def _crawls(project: Project, *, crawled_only: bool) -> Iterator[tuple[Collection, Relation]]:
    """Finished crawls; the others cannot be asked."""
    fields = crawl_fields(tuple(project.segments))
    for crawl in project.crawls:
        if crawl.queryable:
            relation = crawl_relation(project, crawl, crawled_only=crawled_only)
            yield Collection(f"crawl.{crawl.slug}", crawl.name, relation, fields, crawl=crawl), relation


def _daily(project: Project) -> Iterator[tuple[Collection, Relation]]:
    if project.search_console:
        relation = search_console_relation(project, project.search_console)
        fields = search_console_fields()
        yield Collection("search_console", "Search Console", relation, fields, project.search_console), relation
    if project.logs:
        relation = logs_relation(project, project.logs)
        yield Collection("logs", "Log Analyzer", relation, log_fields(), project.logs), relation
