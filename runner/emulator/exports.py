"""What a job exports: its query, compiled, and how many rows it may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.bql.areas import Area, area_list
from runner.emulator.bql.legacy import logs_list
from runner.emulator.bql.query import compile_query
from runner.emulator.data.crawl import EDGE
from runner.emulator.errors import Refused, bad_request
from runner.emulator.files.options import csv_options, formatter, packing
from runner.emulator.sql import QueryFailed

if TYPE_CHECKING:
    from runner.emulator.bql.query import Compiled
    from runner.emulator.catalogue import Catalogue
    from runner.emulator.service import Service
    from runner.emulator.world import World
    from runner.jsonvalue import JsonObject, JsonValue

KINDS = ("export", "logs_urls_export")
LEGACY = "legacy_export"
_DEFAULT_SIZE = 1_000_000


@dataclass(frozen=True, slots=True)
class Export:
    """A compiled query and the most rows that its file has; no query where the job fails."""

    query: Compiled | None
    size: int

    def works(self, service: Service) -> bool:
        """Whether the query is one, and the database agrees."""
        if self.query is None:
            return False
        try:
            service.engine.rows(*self.query.page(0, 0))
        except QueryFailed:
            return False
        return True

    def rows(self, service: Service) -> int:
        """How many rows the file has."""
        return min(self.size, service.engine.rows(*self.query.count())[0][0]) if self.query else 0

    def credits(self, service: Service) -> float:
        """One for each row, a tenth for each link. Counted only where somebody wants to know."""
        if self.query is None or service.world.limits.credits_per_day is None:
            return 0
        rows = self.rows(service)
        return rows / 10 if any(column.slug == EDGE for column in self.query.columns) else rows


def export_of(world: World, catalogue: Catalogue, kind: str, payload: JsonObject, analysis: str = "") -> Export:
    """The export of a payload. Its outer shape is checked at once; its query is not, which only makes it fail."""
    size = _size(world, payload.get("export_size"))
    if payload.get("connector", "direct_download") != "direct_download":
        raise bad_request("connector is direct_download")
    csv_options(payload.get("formatter_config"), world.behaviour.prologue)
    formatter(payload)
    packing(payload)
    try:
        return Export(_compiled(world, catalogue, kind, payload, analysis), size)
    except Refused:
        return Export(None, size)


def _compiled(world: World, catalogue: Catalogue, kind: str, payload: JsonObject, analysis: str) -> Compiled:
    body = payload.get("query")
    if kind == LEGACY:
        area = Area(payload["area"], analysis, payload["previous_crawl"])
        return compile_query(area_list(body, area), catalogue, each_url=True)
    if kind == "logs_urls_export":
        days = payload.get("date_start"), payload.get("date_end")
        return compile_query(logs_list(body, *map(str, days)), catalogue)
    return compile_query(body, catalogue, ignore_limit=world.behaviour.limit_in_query == "ignore")


def _size(world: World, given: JsonValue) -> int:
    most = world.limits.rows_per_export
    if given is None:
        return most or _DEFAULT_SIZE
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given < 2**53:
        raise bad_request("export_size is a positive number")
    if most is not None and given > most:
        if world.behaviour.oversize == "refuse":
            raise bad_request(f"export_size is at most {most}")
        return most
    return given
