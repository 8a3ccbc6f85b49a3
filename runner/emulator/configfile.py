"""The world as a YAML file: read, checked against its schema, turned into values. The only module that knows both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from runner.emulator.defaults import TOKEN, default_world
from runner.emulator.errors import Refused
from runner.emulator.faults import parse_fault
from runner.emulator.world import Behaviour, Crawl, Daily, Limits, Project, World
from runner.errors import SpecError
from runner.schemacheck import violations
from runner.spec.document import wrong
from runner.spec.strings import take_source_text
from runner.spec.text import read_text
from runner.spec.wording import problems_of
from runner.spec.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.document import Document

Node = TypeVar("Node")
Made = TypeVar("Made")
_SCHEMA = "emulator"


def read_world(path: Path) -> World:
    """The world of a config file; SpecError with the place of everything that is wrong with it."""
    document = parse(read_text(path), str(path))
    take_source_text(document, _SCHEMA)
    problems = {found for broken in violations(_SCHEMA, document.data) for found in problems_of(broken, document)}
    if problems:
        raise SpecError(sorted(problems))
    return _Config(document).world()


@dataclass(frozen=True, slots=True)
class _Config:
    """A document that the schema allows."""

    document: Document

    def world(self) -> World:
        """What is not said is as in the default world."""
        node: JsonObject = self.document.data
        projects = self._projects(node["organisations"]) if "organisations" in node else default_world().projects
        everyone = tuple(dict.fromkeys(project.org for project in projects))
        for index, fault in enumerate(node.get("faults", ())):
            self._made(("faults", index), parse_fault, fault)
        return World(
            projects=projects,
            tokens={token: tuple(orgs) for token, orgs in node.get("tokens", {TOKEN: everyone}).items()},
            behaviour=self._made(("behaviour", "job_seconds"), _behaviour, node.get("behaviour", {})),
            limits=Limits(**node.get("limits", {})),
            faults=tuple(node.get("faults", ())),
        )

    def _projects(self, organisations: JsonObject) -> tuple[Project, ...]:
        return tuple(
            self._project(org, slug, about or {})
            for org, projects in organisations.items()
            for slug, about in projects.items()
        )

    def _project(self, org: str, slug: str, about: JsonObject) -> Project:
        place = ("organisations", org, slug)
        nodes = about.get("analyses", [])
        crawls = [self._made((*place, "analyses", index), _crawl, node) for index, node in enumerate(nodes)]
        return Project(
            org=org,
            slug=slug,
            host=about.get("host", f"www.{slug}"),
            crawls=self._made((*place, "analyses"), _oldest_first, crawls),
            search_console=self._made((*place, "search_console"), _daily, about.get("search_console")),
            logs=self._made((*place, "logs"), _daily, about.get("logs")),
            segments={name: tuple(values) for name, values in about.get("segments", {}).items()},
        )

    def _made(self, place: tuple[str | int, ...], make: Callable[[Node], Made], node: Node) -> Made:
        """What is made of a node; SpecError with its place where that cannot be done."""
        try:
            return make(node)
        except Refused as refused:
            raise wrong(self.document.place(place), refused.reason) from None
        except ValueError as error:
            raise wrong(self.document.place(place), str(error)) from None


def _oldest_first(crawls: list[Crawl]) -> tuple[Crawl, ...]:
    if len({crawl.slug for crawl in crawls}) < len(crawls):
        raise ValueError("two analyses have the same slug")
    return tuple(sorted(crawls, key=lambda crawl: crawl.order))


def _crawl(node: JsonObject) -> Crawl:
    """`depths` counts the URLs of each depth; `urls` alone spreads a number over depths as crawls do."""
    slug = node["slug"]
    date.fromisoformat(slug[:8])
    counts = node["depths"] if "depths" in node else _spread(node.get("urls", 1_000))
    cumulative = tuple(sum(counts[: index + 1]) for index in range(len(counts)))
    names = ("status", "without_depth", "uncrawled", "shift", "hostile")
    return Crawl(slug, cumulative, **{name: node[name] for name in names if name in node})


def _spread(urls: int) -> list[int]:
    """A few at the top, most in the middle, a tail."""
    counts, left = [], urls
    for share in (0.0005, 0.02, 0.15, 0.35, 0.25, 0.12, 0.06, 0.03):
        count = min(left, max(1, int(urls * share)))
        counts.append(count)
        left -= count
    return [count for count in (*counts, left) if count]


def _daily(node: JsonValue) -> Daily | None:
    if node is None:
        return None
    start, end = date.fromisoformat(node["start"]), date.fromisoformat(node["end"])
    if end < start:
        raise ValueError("the days end before they start")
    return Daily(start, end, node.get("rows_per_day", 1_000))


def _behaviour(node: JsonObject) -> Behaviour:
    values: dict[str, Any] = dict(node)
    seconds = values.get("job_seconds")
    if seconds is not None:
        least, most = seconds if isinstance(seconds, list) else (seconds, seconds)
        if most < least:
            raise ValueError("`job_seconds` ends before it starts")
        values["job_seconds"] = (least, most)
    return Behaviour(**values)
