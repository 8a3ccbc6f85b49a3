"""One project's collections: what a query may name, and the rows behind the names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.data.crawl import crawl_relation
from runner.emulator.data.daily import logs_relation, search_console_relation
from runner.emulator.data.fields import crawl_fields, log_fields, search_console_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.emulator.data.field import Field
    from runner.emulator.data.relation import Relation
    from runner.emulator.world import Crawl, Daily, Project, World


@dataclass(frozen=True, slots=True)
class Collection:
    """An id that a query may name, its fields and its rows. `daily` is set where it has days."""

    id: str
    name: str
    relation: Relation
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


def catalogues(world: World) -> dict[tuple[str, str], Catalogue]:
    """The catalogue of every project of the world."""
    crawled_only = world.behaviour.crawled_only
    return {
        (project.org, project.slug): Catalogue(
            project, (*_crawls(project, crawled_only=crawled_only), *_daily(project))
        )
        for project in world.projects
    }


def _crawls(project: Project, *, crawled_only: bool) -> Iterator[Collection]:
    """Finished crawls; the others cannot be asked."""
    for crawl in project.crawls:
        if crawl.queryable:
            relation = crawl_relation(project, crawl, crawled_only=crawled_only)
            fields = crawl_fields(tuple(project.segments))
            yield Collection(f"crawl.{crawl.slug}", crawl.slug, relation, fields, crawl=crawl)


def _daily(project: Project) -> Iterator[Collection]:
    if project.search_console:
        relation = search_console_relation(project, project.search_console)
        yield Collection("search_console", "Search Console", relation, search_console_fields(), project.search_console)
    if project.logs:
        yield Collection("logs", "Log Analyzer", logs_relation(project, project.logs), log_fields(), project.logs)
