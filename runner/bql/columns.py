"""The columns of a query: which fields are dimensions and which are measured, how each is named and sorted by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql import fields, filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.bql.asked import Asked
    from runner.jsonvalue import JsonObject, JsonValue


def dimensions_and_metrics(asked: Asked) -> tuple[list[JsonValue], list[JsonValue]]:
    """The export's columns in BQL's form.

    Search Console's metrics are named among the fields as readily as its dimensions: each goes where BQL wants it.
    """
    named = [(field.path, field.name) for field in asked.export.fields]
    named = named or [(path, None) for path in asked.kind.default_fields]
    columns = [(asked.full_id(path), name) for path, name in named]
    measured = [each for each in columns if fields.is_search_console_metric(each[0])]
    dimensions = [_field(*each) for each in columns if each not in measured]
    metrics = [_field(*each) for each in measured] + [_metric(each, asked.full_id) for each in asked.export.metrics]
    return dimensions, metrics or [_metric(each, asked.full_id) for each in asked.kind.default_metrics]


def _field(field_id: str, name: str | None) -> JsonValue:
    return {"field": field_id, "name": name} if name else field_id


def _metric(metric: JsonValue, full_id: Callable[[str], str]) -> JsonValue:
    """A metric with full ids: a path, `{field, name, filters}`, `{function, args}`, or the short `{avg: field}`."""
    if isinstance(metric, str):
        return full_id(metric)
    return {key: _metric_part(key, value, full_id) for key, value in metric.items()}


def _metric_part(key: str, value: JsonValue, full_id: Callable[[str], str]) -> JsonValue:
    if key == "filters":
        return filters.with_fields(value, full_id)
    if isinstance(value, list):
        return [full_id(each) if isinstance(each, str) else each for each in value]
    is_path = isinstance(value, str) and key not in {"name", "function"}
    return full_id(value) if is_path else value


def sort_keys(asked: Asked, dimensions: list[JsonValue], metrics: list[JsonValue]) -> list[JsonObject]:
    """By index where the key is a column (documented), by field where it is not (seen accepted, SEED)."""
    places = {column_name(each)[0]: ("dimensions", index) for index, each in enumerate(dimensions)}
    places |= {column_name(each)[0]: ("metrics", index) for index, each in enumerate(metrics)}
    return [_sort_key(asked.full_id(key.field), key.order, places) for key in asked.export.sort]


def _sort_key(field_id: str, order: str, places: dict[str, tuple[str, int]]) -> JsonObject:
    if field_id not in places:
        return {"field": field_id, "order": order}
    kind, index = places[field_id]
    return {"type": kind, "index": index, "order": order}


def sort_columns(inner: JsonObject) -> list[tuple[int, bool]]:
    """The columns that a query's rows are sorted by, as (number in the file, whether descending).

    A key that is no column ends the list: rows in a file cannot be sorted by what is not in it.
    """
    found = []
    for key in inner.get("sort", ()):
        if not isinstance(key, dict) or "index" not in key:
            break
        metric = key.get("type") == "metrics"
        found.append((key["index"] + (len(inner["dimensions"]) if metric else 0), key.get("order") == "desc"))
    return found


def column_name(column: JsonValue) -> tuple[str, str | None]:
    """A column's (full id, display name); a function is named after itself and its fields."""
    if isinstance(column, str):
        return column, None
    name = column.get("name")
    if "field" in column:
        return column["field"], name
    if "function" in column:
        of = ", ".join(each for each in column.get("args", ()) if isinstance(each, str))
        return f"{column['function']}({of})", name
    function, argument = next((key, value) for key, value in column.items() if key != "name")
    return f"{function}({argument})", name


def without_names(query: JsonObject) -> JsonObject:
    """The query without display names: bqlrun writes the headers, so specs that differ only in them share a job."""
    inner = query["query"]
    columns = {part: [unnamed(each) for each in inner[part]] for part in ("dimensions", "metrics")}
    return {**query, "query": {**inner, **columns}}


def unnamed(column: JsonValue) -> JsonValue:
    """A dimension or metric in the shortest form that asks for the same."""
    if not isinstance(column, dict):
        return column
    bare = {key: value for key, value in column.items() if key != "name"}
    return bare["field"] if set(bare) == {"field"} else bare
