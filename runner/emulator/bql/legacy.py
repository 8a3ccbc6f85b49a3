"""BQLv1, the older grammar of the URL lists and of the web logs, as BQLv2 of one collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.errors import Refused, bad_query, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.jsonvalue import JsonObject, JsonValue

_DEEPEST = 40


def crawl_list(body: JsonValue, slug: str) -> JsonObject:
    """`{fields, filters, sort}` over one crawl."""
    fields, node = _parts(body)
    query = {"dimensions": [f"crawl.{slug}.{field}" for field in fields], "metrics": []}
    return {"collections": [f"crawl.{slug}"], "query": query | _rest(node, lambda field: f"crawl.{slug}.{field}")}


def logs_list(body: JsonValue, start: str, end: str) -> JsonObject:
    """The same over days of the web logs, whose counts are metrics."""
    fields, node = _parts(body)
    plain = [field for field in fields if field == "url" or field.startswith("segments.")]
    counts = [_logged(field) for field in fields if field not in plain]
    query = {"dimensions": plain, "metrics": counts}
    return {"collections": ["logs"], "periods": [[start, end]], "query": query | _rest(node, _logged)}


def crawl_aggregation(aggregation: JsonValue, filters: JsonValue, slug: str) -> JsonObject:
    """One aggregation of the legacy aggregation list: `{group_by, metrics}`."""
    if not isinstance(aggregation, dict) or not set(aggregation) <= {"group_by", "metrics"}:
        raise Refused(400, 1023, "an aggregation has group_by and metrics")

    def renamed(field: str) -> str:
        return f"crawl.{slug}.{field}"

    groups, metrics = aggregation.get("group_by", []), aggregation.get("metrics", ["count"])
    if not isinstance(groups, list) or not isinstance(metrics, list):
        raise Refused(400, 1023, "group_by and metrics are lists")
    query: JsonObject = {
        "dimensions": [_group(node, renamed) for node in groups],
        "metrics": [_metric(node, renamed) for node in metrics],
    }
    if filters:
        query["filters"] = _filter(filters, renamed)
    return {"collections": [f"crawl.{slug}"], "query": query}


def _logged(field: str) -> str:
    return field if field == "url" or field.startswith("segments.") else f"logs.period_0.{field}"


def _parts(body: JsonValue) -> tuple[list[str], JsonObject]:
    if not isinstance(body, dict):
        raise bad_request("the query is an object")
    unknown = sorted(set(body) - {"fields", "filters", "sort"})
    if unknown:
        raise bad_query(f"the query cannot have the key {unknown[0][:100]!r}")
    fields = body.get("fields")
    if not isinstance(fields, list) or not fields:
        raise Refused(400, 1016)
    if not all(isinstance(field, str) for field in fields):
        raise bad_query("a field is a string")
    return fields, body


def _rest(node: JsonObject, rename: Callable[[str], str]) -> JsonObject:
    rest: JsonObject = {"filters": _filter(node["filters"], rename)} if node.get("filters") else {}
    sort = node.get("sort", [])
    if not isinstance(sort, list):
        raise bad_query("sort is a list")
    return rest | {"sort": [_sort(key, rename) for key in sort]}


def _filter(node: JsonValue, rename: Callable[[str], str], depth: int = 0) -> JsonValue:
    """The same filter with its fields renamed; what is no filter is left for the compiler to refuse."""
    if depth > _DEEPEST:
        raise Refused(400, 1043, "the filters are nested too deeply")
    if isinstance(node, list):
        return [_filter(part, rename, depth + 1) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("field"), str):
        return node | {"field": rename(node["field"])}
    return {word: _filter(inner, rename, depth + 1) for word, inner in node.items()}


def _sort(node: JsonValue, rename: Callable[[str], str]) -> JsonObject:
    """`"url"` or `{"http_code": {"order": "desc"}}`."""
    if isinstance(node, str):
        return {"field": rename(node)}
    if isinstance(node, dict) and len(node) == 1:
        field, options = next(iter(node.items()))
        if isinstance(options, dict) and set(options) <= {"order"}:
            return {"field": rename(field), **options}
    raise bad_query("a sort key is a field, or an object of a field and its order")


def _group(node: JsonValue, rename: Callable[[str], str]) -> JsonValue:
    """`"http_code"`, `{"distinct": {"field": …}}` or `{"range": {"field": …, "ranges": […]}}`."""
    if isinstance(node, str):
        return rename(node)
    inner = next(iter(node.values())) if isinstance(node, dict) and len(node) == 1 else None
    if not isinstance(inner, dict) or not isinstance(inner.get("field"), str):
        raise Refused(400, 1023, "a group is a field, distinct or range")
    field = rename(inner["field"])
    return {"field": field, "ranges": inner.get("ranges")} if "range" in node else field


def _metric(node: JsonValue, rename: Callable[[str], str]) -> JsonValue:
    """`"count"` or `{"avg": "depth"}`."""
    if node == "count":
        return {"function": "count", "args": [rename("url")]}
    if isinstance(node, dict) and len(node) == 1:
        function, field = next(iter(node.items()))
        if isinstance(field, str):
            return {"function": function, "args": [rename(field)]}
    raise Refused(400, 1023, "a metric is count, or an object of a function and a field")
