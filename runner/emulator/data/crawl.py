"""A crawl as a relation over a range of numbers: ids in order of depth, each value an expression of its id.

`id` numbers the URLs of this crawl, `key` those of the project: a page has the same key, and so the same address, in
every crawl. What changes from crawl to crawl is mixed with the crawl's seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.data.address import address_columns
from runner.emulator.data.content import content_columns
from runner.emulator.data.relation import Relation
from runner.emulator.data.server import http_code, server_columns, verdict_columns
from runner.emulator.sqltext import quoted, select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.emulator.world import Crawl, Project

EDGE = "outlinks_internal.graph.url"
NUMBER_OF_EDGES = "outlinks_internal.nb.total"


def crawl_relation(project: Project, crawl: Crawl, *, crawled_only: bool) -> Relation:
    """A crawl's URLs; where its links are wanted, each of them once for each link."""
    known = crawl.crawled if crawled_only else crawl.known
    key = f"CASE WHEN range = 0 THEN 0 ELSE range + {crawl.shift} END AS key"
    base = select(["range AS id", key, f"{_depth(crawl)} AS depth"], f"range({known})")
    edge = {"edge": f'unnest(range("{NUMBER_OF_EDGES}"))'}
    links = (edge, {EDGE: f"url_of({quoted(project.host)}, {_target(crawl)})"})
    return Relation(base, _layers(project, crawl), links, known)


def _depth(crawl: Crawl) -> str:
    steps = " ".join(f"WHEN range < {bound} THEN {depth}" for depth, bound in enumerate(crawl.cumulative))
    return f"CASE {steps} ELSE NULL END" if steps else "CAST(NULL AS INTEGER)"


def _layers(project: Project, crawl: Crawl) -> tuple[Mapping[str, str], ...]:
    """Columns in layers: one may use those of the layers before it."""
    seed = crawl.seed

    def number(salt: int) -> str:
        return f"mix(id + {seed}, {salt})"

    return (
        {"http_code": http_code(crawl, number(11))} | address_columns(project),
        content_columns(crawl, number) | server_columns(crawl, quoted(project.host), number),
        verdict_columns(number) | _lengths(),
    )


def _lengths() -> dict[str, str]:
    return {
        "metadata.title.len": 'length("metadata.title.content")',
        "metadata.description.len": 'length("metadata.description.content")',
        "metadata.title.nb": 'CASE WHEN "metadata.title.content" IS NULL THEN 0 ELSE 1 END',
        "metadata.h1.nb": 'coalesce(len("metadata.h1.contents"), 0)',
    }


def _target(crawl: Crawl) -> str:
    """The key that a link leads to: never the page itself, never the same page twice from one page."""
    others = max(crawl.known - 1, 1)
    stride = next((prime for prime in (7_919, 104_729, 3, 1) if others % prime), 1)
    target = f"(id + 1 + (mix(id, 31) + edge * {stride}) % {others}) % {max(crawl.known, 1)}"
    return f"CASE WHEN {target} = 0 THEN 0 ELSE {target} + {crawl.shift} END"
