"""The outer shape of a query: which keys it must have, which it may have, and the collections it names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from runner.emulator.bql.scope import Scope, Source
from runner.emulator.data.fields import global_fields
from runner.emulator.errors import Refused, bad_query, bad_request

if TYPE_CHECKING:
    from runner.emulator.catalogue import Catalogue
    from runner.jsonvalue import JsonObject, JsonValue

# What every URL has by itself: named in lists of collections, and no source of rows.
GLOBAL = "global"
_QUERY = {"dimensions", "metrics", "filters", "post_filters", "sort"}
_MOST = {"collections": 10, "periods": 20, "dimensions": 100, "metrics": 100, "sort": 100}


def checked(body: JsonValue, *, ignore_limit: bool) -> JsonObject:
    """The inner query of a body whose shape is right."""
    if not isinstance(body, dict):
        raise Refused(400, 1020, "the request is an object")
    _keys(body, {"collections", "periods", "query"}, "the request")
    query = body.get("query")
    if not isinstance(query, dict):
        raise Refused(400, 1020, "query is mandatory, and an object")
    _keys(query, _QUERY | ({"limit"} if ignore_limit else set()), "query")
    for key in ("dimensions", "metrics"):
        if key not in query:
            raise Refused(400, 1016, f"{key} is mandatory; it may be an empty list")
    for key in ("dimensions", "metrics", "sort"):
        _listed(query.get(key, []), key)
    if not query["dimensions"] and not query["metrics"]:
        raise Refused(400, 1016, "dimensions and metrics cannot both be empty")
    return query


def scope_of(body: JsonObject, catalogue: Catalogue) -> Scope:
    """The scope of a body: its collections in order, one source for each period of those that have days."""
    periods = [_period(node) for node in _listed(body.get("periods") or [], "periods")]
    sources: list[Source] = []
    for node in _listed(body.get("collections"), "collections"):
        sources += _sources(node, periods, catalogue, len(sources))
    if not sources:
        raise bad_request("collections is mandatory; global cannot be queried on its own")
    return Scope(tuple(sources), global_fields(catalogue.segments))


def _sources(node: JsonValue, periods: list[tuple[date, date]], catalogue: Catalogue, first: int) -> list[Source]:
    if not isinstance(node, str):
        raise bad_request("a collection is named by its id")
    if node == GLOBAL:
        return []
    known = catalogue.collection(node)
    if known is None:
        raise Refused(400, 1020, message=f'Unknown collection "{node[:200]}".')
    if not known.daily:
        return [Source(node, known.rows, f"s{first}", known.fields)]
    if not periods:
        raise bad_query(f"{node} needs periods")
    return [
        Source(node, known.rows, f"s{first + index}", known.fields, index, days) for index, days in enumerate(periods)
    ]


def _period(node: JsonValue) -> tuple[date, date]:
    if not isinstance(node, list) or len(node) != 2:
        raise bad_query("a period is two dates")
    try:
        start, end = (date.fromisoformat(day) for day in node)
    except (TypeError, ValueError):
        raise bad_query("a period's dates are written YYYY-MM-DD") from None
    if end < start:
        raise bad_query("a period ends before it starts")
    return start, end


def _keys(value: JsonObject, known: set[str], where: str) -> None:
    unknown = sorted(set(value) - known)
    if unknown:
        raise bad_query(f"{where} cannot have the key {unknown[0][:100]!r}")


def _listed(value: JsonValue, key: str) -> list[JsonValue]:
    if not isinstance(value, list):
        raise bad_request(f"{key} is mandatory, and a list")
    if len(value) > _MOST[key]:
        raise Refused(400, 1043, f"{key} has at most {_MOST[key]} entries")
    return value
