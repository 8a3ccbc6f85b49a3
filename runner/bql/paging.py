"""Rows that are read page by page need one fixed order: the query's own sort, then the other columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql.columns import column_name

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue

# Lists (of headings, A6): nobody says that they can be sorted by, and a url beside them tells rows apart.
_LISTS = (".contents",)


def in_one_order(query: JsonObject) -> JsonObject:
    """The query with its own sort first and then by every column that tells its rows apart."""
    if "fields" in query:
        sorted_by = [key if isinstance(key, str) else next(iter(key)) for key in query.get("sort", ())]
        rest = [field for field in query["fields"] if field not in sorted_by and not field.endswith(_LISTS)]
        return {**query, "sort": [*query.get("sort", ()), *rest]}
    inner = query["query"]
    names = [column_name(each)[0] for each in inner["dimensions"]]
    taken = {_sorted_by(key, names) for key in inner.get("sort", ())}
    more = [
        {"type": "dimensions", "index": index, "order": "asc"}
        for index, name in enumerate(names)
        if name not in taken and not name.endswith(_LISTS)
    ]
    return {**query, "query": {**inner, "sort": [*inner.get("sort", ()), *more]}}


def _sorted_by(key: JsonValue, names: list[str]) -> str | None:
    """The dimension that a key of BQLv2's sort names, by its index or its field."""
    if isinstance(key, dict) and "field" in key:
        return str(key["field"])
    index = key if isinstance(key, int) else key.get("index")
    is_dimension = isinstance(key, int) or key.get("type", "dimensions") == "dimensions"
    return names[index] if is_dimension and isinstance(index, int) and index < len(names) else None
