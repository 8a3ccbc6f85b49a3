"""One project's collections and the database views behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.emulator.data.catalogue import crawl_fields, log_fields, search_console_fields
from runner.emulator.data.crawl import crawl_views
from runner.emulator.data.daily import logs_view, search_console_view
from runner.emulator.data.macros import MACROS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.emulator.data.field import Field
    from runner.emulator.world import Crawl, Daily, Project, World


@dataclass(frozen=True, slots=True)
class Collection:
    """What a query may name: an id, its fields, and the view that has its rows. `daily` is set where it has days."""

    id: str
    name: str
    view: str
    fields: Mapping[str, Field]
    daily: Daily | None = None
    crawl: Crawl | None = None


@dataclass(frozen=True, slots=True)
class Views:
    """A project's collections by id, and the statements that create their views."""

    project: Project
    collections: tuple[Collection, ...]
    statements: tuple[str, ...] = field(repr=False)

    @property
    def segments(self) -> tuple[str, ...]:
        """The names of the segments that the config adds."""
        return tuple(self.project.segments)

    def collection(self, name: str) -> Collection | None:
        """The collection of that id."""
        return next((found for found in self.collections if found.id == name), None)


def all_views(world: World) -> dict[tuple[str, str], Views]:
    """The views of every project of the world. Their names are numbers, so that nothing of a config is SQL."""
    return {
        (project.org, project.slug): _views(f"p{index}", project, crawled_only=world.behaviour.crawled_only)
        for index, project in enumerate(world.projects)
    }


def statements(views: Mapping[tuple[str, str], Views]) -> Iterator[str]:
    """What a database must execute once."""
    yield from MACROS
    for found in views.values():
        yield from found.statements


def _views(prefix: str, project: Project, *, crawled_only: bool) -> Views:
    collections: list[Collection] = []
    made: list[str] = []
    for index, crawl in enumerate(project.crawls):
        name = f"{prefix}_crawl{index}"
        if crawl.queryable:
            fields = crawl_fields(tuple(project.segments))
            collections.append(Collection(f"crawl.{crawl.slug}", crawl.slug, name, fields, crawl=crawl))
            made += crawl_views(name, project, crawl, crawled_only=crawled_only)
    if project.search_console:
        name, daily = f"{prefix}_search_console", project.search_console
        collections.append(Collection("search_console", "Search Console", name, search_console_fields(), daily))
        made.append(search_console_view(name, project, daily))
    if project.logs:
        name, daily = f"{prefix}_logs", project.logs
        collections.append(Collection("logs", "Log Analyzer", name, log_fields(), daily))
        made.append(logs_view(name, project, daily))
    return Views(project, tuple(collections), tuple(made))
