"""What identifies an export: a digest of what it asks for, the same however it is spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql import filters
from runner.bql.columns import unnamed
from runner.jsonvalue import digest

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue


def fingerprint(api: str, job_type: str, payload: JsonObject, rows: int | None) -> str:
    """SHA-256 over the API, organisation, project, job type, canonical query, and the size only where it truncates.

    Never over the spec, the path, the header, the format or display names (contract 3, Identity). `rows` is the
    number of rows expected, None where nobody knows; a size that is not known to truncate is left out.
    """
    size = payload.get("export_size")
    identity = {
        "api": api,
        "org": payload["username"],
        "project": payload["project"],
        "job_type": job_type,
        "query": canonical_query(payload["query"]),
    }
    # Which crawl, which days: in BQLv1 the query does not say.
    identity |= {key: payload[key] for key in ("analysis", "date_start", "date_end") if key in payload}
    if rows is not None and size is not None and rows > size:
        identity["size"] = size
    return digest(identity)


def canonical_query(query: JsonObject) -> JsonObject:
    """The query without display names, filters in their one form, and nothing that is empty but may be left out."""
    if "fields" in query:
        return _canonical_older(query)
    inner = dict(query["query"])
    for part in ("dimensions", "metrics"):
        inner[part] = [_canonical_column(column) for column in inner[part]]
    for part in ("filters", "post_filters"):
        inner[part] = filters.canonical(inner.get(part) or None)
    inner["sort"] = [_sort_key(key) for key in inner.get("sort") or ()]
    return {"collections": query["collections"], "periods": query.get("periods") or None, "query": inner}


def _canonical_older(query: JsonObject) -> JsonObject:
    """BQLv1: a sort key without an order is ascending."""
    sort = [{key: {"order": "asc"}} if isinstance(key, str) else key for key in query.get("sort") or ()]
    return {"fields": query["fields"], "filters": filters.canonical(query.get("filters") or None), "sort": sort}


def _canonical_column(column: JsonValue) -> JsonValue:
    bare = unnamed(column)
    if not isinstance(bare, dict) or "filters" not in bare:
        return bare
    return {**bare, "filters": filters.canonical(bare["filters"])}


def _sort_key(key: JsonValue) -> JsonValue:
    """An index alone means that dimension, ascending (A4, Sort)."""
    if isinstance(key, int):
        key = {"index": key}
    defaults = {"type": "dimensions", "order": "asc"} if "index" in key else {"order": "asc"}
    return {**defaults, **key}
