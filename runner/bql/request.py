"""What is sent to the API for an export: the rendered query, the job's payload, what identifies it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.bql import fields
from runner.bql.columns import column_name, without_names
from runner.bql.fingerprint import fingerprint
from runner.bql.kinds import EXPORT, LOGS_EXPORT, OLDER_EXPORT
from runner.bql.paging import in_one_order
from runner.bql.rendered import rendered_query
from runner.files.work import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.bql.asked import Asked
    from runner.bql.depth import DepthChoice
    from runner.bql.partition import Part
    from runner.jsonvalue import JsonObject
    from runner.spec.model import HeaderStyle

# The verbose name of url, the one that every table has (botify-api.md, Formatters).
_OFFICIAL = {"url": "Full URL"}
# One explicit form for every job: headers and labels are written here, not there (contract 3, Identity).
FORMATTER_CONFIG = {"delimiter": ",", "print_header": True, "print_delimiter": False, "header_format": "slug"}

_OF_A_JOB = frozenset({"connector", "formatter", "formatter_config", "export_size"})


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to the API, and what identifies it.

    `payload` is the job's; `columns` are (full id, display name) in the file's order, of fields of `collections`.
    `listed` asks for rows page by page: there is no job.
    """

    payload: JsonObject
    columns: tuple[tuple[str, str | None], ...]
    collections: tuple[str, ...]
    job_type: str = EXPORT
    listed: bool = False

    @property
    def query(self) -> JsonObject:
        """The BQL object: collections, periods where there are any, query; or BQLv1's fields, filters, sort."""
        query: JsonObject = self.payload["query"]
        return query

    @property
    def analysis(self) -> str | None:
        """The crawl whose list has the job, where jobs are listed by crawl: those of the older export."""
        analysis: str | None = self.payload["analysis"] if self.job_type == OLDER_EXPORT else None
        return analysis

    @property
    def echo(self) -> JsonObject:
        """What a job that was asked for so shows of it: its payload, of the older export the query alone (OLD)."""
        return {"query": self.query} if self.job_type == OLDER_EXPORT else self.payload

    @property
    def moves(self) -> bool:
        """Whether it reads anything but a finished crawl, whatever its template is called: that still grows."""
        if self.job_type != EXPORT:
            return self.job_type == LOGS_EXPORT
        return not reads_finished_crawls(self.query)

    @property
    def last_days(self) -> list[str]:
        """The last day of each period that it asks for."""
        periods = self.query.get("periods") or ()
        return [str(self.payload["date_end"])] if self.job_type == LOGS_EXPORT else [str(end) for _, end in periods]

    @property
    def list_address(self) -> tuple[str, ...] | None:
        """Where BQLv1 is asked for rows instead of a job; days stand in it without dashes. None for BQLv2."""
        org, project = self.payload["username"], self.payload["project"]
        if self.job_type == LOGS_EXPORT:
            days = [self.payload[end].replace("-", "") for end in ("date_start", "date_end")]
            return ("logs", org, project, "urls", *days)
        return ("analyses", org, project, self.analysis, "urls") if self.analysis else None

    @property
    def body(self) -> JsonObject:
        """What is posted to create the job; without a type where no job is created."""
        return {"job_type": None if self.listed else self.job_type, "payload": self.payload}

    def fingerprint(self, api: str, rows: int | None) -> str:
        """The identity of what is asked for; `rows` decides whether the size truncates."""
        if self.listed:
            return fingerprint(api, f"{self.job_type} listed", self.payload, None)
        return fingerprint(api, self.job_type, self.payload, rows)

    def file_columns(self, style: HeaderStyle, verbose: Mapping[str, str]) -> tuple[Column, ...]:
        """The file's columns: headers in the style asked for, and every name that the API may print for them."""
        return tuple(self._column(field_id, name, style, verbose) for field_id, name in self.columns)

    def _column(self, field_id: str, name: str | None, style: HeaderStyle, verbose: Mapping[str, str]) -> Column:
        slug = fields.slug(field_id, self.collections)
        printed = slug.removeprefix(f"{fields.COMPARISON}.")
        official = verbose.get(field_id, slug)
        headers = {"slug": slug, "collection_slug": field_id, "verbose": official, "none": slug}
        names = {_OFFICIAL.get(printed, printed), printed, field_id, official, name or slug, slug.rpartition(".")[2]}
        return Column(name or headers[style], frozenset(each.casefold() for each in (*names, slug)))


def reads_finished_crawls(query: JsonObject) -> bool:
    """Whether a query in BQLv2 reads finished crawls alone, which never change."""
    collections = query.get("collections", ())
    return bool(collections) and all(each.startswith("crawl.") for each in collections)


def request(asked: Asked, depth: DepthChoice | Part | None, rows_per_export: int) -> Request:
    """Render the export's template for one crawl and wrap it in a job's payload.

    UsageError where the template fails, renders no JSON, or renders what BQL does not know.
    """
    listed = asked.export.mode == "list"
    query = rendered_query(asked, depth)
    query = in_one_order(query) if listed else query
    if asked.kind.older:
        asking = _older(asked, query, rows_per_export)
    else:
        inner = query["query"]
        columns = tuple(column_name(each) for each in (*inner["dimensions"], *inner["metrics"]))
        payload = _job_payload(asked, without_names(query), rows_per_export)
        asking = Request(payload, columns, tuple(query["collections"]))
    return _listed(asking) if listed else asking


def _listed(asking: Request) -> Request:
    """The same rows without a job: nothing of what only a job is told."""
    payload = {key: value for key, value in asking.payload.items() if key not in _OF_A_JOB}
    return replace(asking, payload=payload, listed=True)


def _older(asked: Asked, query: JsonObject, rows_per_export: int) -> Request:
    named = {asked.full_id(field.path): field.name for field in asked.export.fields}
    ids = [asked.full_id(field) for field in query["fields"]]
    columns = tuple((field_id, named.get(field_id)) for field_id in ids)
    if asked.kind.job_type == LOGS_EXPORT:
        [(start, end)] = asked.periods()
        payload = _job_payload(asked, query, rows_per_export) | {"date_start": start, "date_end": end}
    else:
        place = {"username": asked.project.org, "project": asked.project.project, "analysis": asked.analysis}
        payload = {**place, "export_size": rows_per_export, "query": query}
    return Request(payload, columns, asked.collections, asked.kind.job_type)


def _job_payload(asked: Asked, query: JsonObject, rows_per_export: int) -> JsonObject:
    return {
        "username": asked.project.org,
        "project": asked.project.project,
        "connector": "direct_download",
        "formatter": "csv",
        "formatter_config": FORMATTER_CONFIG,
        "export_size": rows_per_export,
        "query": query,
    }
