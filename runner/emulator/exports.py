"""What a job exports: its query, compiled, and how many rows it may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.bql.areas import Area, area_list
from runner.emulator.bql.legacy import logs_list
from runner.emulator.bql.query import compile_query
from runner.emulator.data.crawl import EDGE
from runner.emulator.errors import Refused, bad_request
from runner.emulator.files.options import LOGS, csv_options, formatter, packing, prologue_of
from runner.emulator.sql import QueryFailed

if TYPE_CHECKING:
    from runner.emulator.bql.query import Compiled
    from runner.emulator.catalogue import Catalogue
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service
    from runner.emulator.world import World
    from runner.jsonvalue import JsonObject, JsonValue

KINDS = ("export", LOGS)
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
    """The export of a payload. Its outer shape is checked at once; a bad query only makes it fail, unless switched."""
    size = _size(world, payload.get("export_size"))
    if payload.get("connector", "direct_download") != "direct_download":
        raise bad_request("connector is direct_download")
    csv_options(payload.get("formatter_config"), prologue_of(kind, world.behaviour))
    formatter(payload)
    packing(payload)
    try:
        return Export(_compiled(world, catalogue, kind, payload, analysis), size)
    except Refused:
        if world.behaviour.bad_query == "refuse":
            raise
        return Export(None, size)


def rows_of(service: Service, job: Job) -> int | None:
    """How many rows a finished job's file has; None where the config has changed and its query no longer works."""
    catalogue = service.catalogues.get((job.org, job.project))
    if catalogue is None:
        return None
    try:
        export = export_of(service.world, catalogue, job.kind, job.payload, job.analysis)
        return export.rows(service) if export.query else None
    except Refused:
        return None


def _compiled(world: World, catalogue: Catalogue, kind: str, payload: JsonObject, analysis: str) -> Compiled:
    body = payload.get("query")
    if kind == LEGACY:
        area = Area(payload["area"], analysis, payload["previous_crawl"])
        return compile_query(area_list(body, area), catalogue, each_url=True)
    if kind == LOGS:
        days = payload.get("date_start"), payload.get("date_end")
        return compile_query(logs_list(body, *map(str, days)), catalogue)
    return compile_query(body, catalogue, ignore_limit=world.behaviour.limit_in_query == "ignore")


def _size(world: World, given: JsonValue) -> int:
    most = world.limits.rows_per_export
    if given is None:
        if world.behaviour.size_omitted == "refuse":
            raise bad_request("export_size is mandatory")
        return most or _DEFAULT_SIZE
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given < 2**53:
        raise bad_request("export_size is a positive number")
    if most is not None and given > most:
        if world.behaviour.oversize == "refuse":
            raise bad_request(f"export_size is at most {most}")
        return most
    return given
