"""The older API: its export of a crawl's URLs, made to look like any other job, and its lists of rows in BQLv1."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from runner.botify.answers import Job, Row
from runner.botify.origins import path
from runner.botify.shapes import job_of
from runner.botify.wire import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.jsonvalue import JsonObject, JsonValue

# What bqlrun calls the kind of job; the older API has one kind, and no name for it.
OLDER_EXPORT = "urls/export"
_STEPS = 7


def creation(payload: JsonObject) -> Request:
    """POST /v1/analyses/{org}/{project}/{analysis}/urls/export?size&compression, with the bare query as body (SW)."""
    exports = exports_of(payload["username"], payload["project"], payload["analysis"])
    return replace(
        exports, method="POST", query={"size": payload["export_size"], "compression": "gzip"}, body=payload["query"]
    )


def exports_of(org: str, project: str, analysis: str) -> Request:
    """The list of a crawl's exports (SW: GET …/urls/export)."""
    return Request("GET", path("analyses", org, project, analysis, "urls", "export"))


def is_older(job_id: str) -> bool:
    """Whether an id is that of an older export: it is the end of its address, since its number says nothing alone."""
    return job_id.count("/") == _STEPS - 1


def address(job_id: str) -> Request:
    """Where an older export is looked at. Its own `job_url`, which is absolute, is never followed."""
    return Request("GET", path(*map(unquote, job_id.split("/"))))


def older_job(item: JsonValue, exports: Request, status: str | None = None) -> Job:
    """An export of the older API: its id tells where it is, its payload is the query that it repeats.

    The official sample repeats `{}`: then nobody can tell what was asked for, and it has no payload.
    """
    job = job_of(item, exports.route, status)
    query = item.get("query") if isinstance(item, dict) else None
    payload = {"query": query} if isinstance(query, dict) and query else None
    return replace(job, id=f"{exports.path.removeprefix('/v1/')}/{job.id}", payload=payload)


def listed_row(item: JsonValue, fields: Sequence[str]) -> Row:
    """A row of a list: objects nested as the dots of the fields' names say (SW)."""
    return Row(tuple(_at(item, field) for field in fields), ())


def _at(item: JsonValue, field: str) -> JsonValue:
    """A field's value, under its whole name or step by step; None where it is not there."""
    if not isinstance(item, dict) or field in item:
        return item.get(field) if isinstance(item, dict) else None
    steps = field.split(".")
    starts = (".".join(steps[:count]) for count in range(len(steps) - 1, 0, -1))
    start = next((each for each in starts if isinstance(item.get(each), dict)), None)
    return None if start is None else _at(item[start], field.removeprefix(f"{start}."))
