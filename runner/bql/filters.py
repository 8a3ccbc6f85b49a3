"""Filters: BQL's own grammar, its fields made full ids, several joined by `and`, one canonical form for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.jsonvalue import JsonObject, JsonValue


def with_fields(filters: JsonObject, full_id: Callable[[str], str]) -> JsonObject:
    """The same filter with every field's path made a full id."""
    if "field" in filters:
        return {**filters, "field": full_id(filters["field"])}
    return {key: _each(value, full_id) for key, value in filters.items()}


def _each(value: JsonValue, full_id: Callable[[str], str]) -> JsonValue:
    if isinstance(value, list):
        return [with_fields(child, full_id) for child in value]
    return with_fields(value, full_id)


def both(*filters: JsonObject | None) -> JsonObject | None:
    """All the filters that are there, joined by `and`; None where there is none."""
    present = [each for each in filters if each]
    if len(present) < 2:
        return present[0] if present else None
    return {"and": present}


def depth_filter(field: str, shallowest: int | None, deepest: int | str | None) -> JsonObject | None:
    """Depths from `shallowest` to `deepest`, both included; None where both ends are open."""
    ends = (("gte", shallowest), ("lte", deepest))
    return both(*({"field": field, "predicate": name, "value": end} for name, end in ends if end is not None))


def canonical(filters: JsonValue) -> JsonValue:
    """One form for filters that mean the same: the default predicate named, an `and` or `or` of one unwrapped."""
    if not isinstance(filters, dict):
        return filters
    if "field" in filters:
        return {"predicate": "eq", **filters}
    children = {key: _canonical_children(value) for key, value in filters.items()}
    for junction in ("and", "or"):
        if list(children) == [junction] and len(children[junction]) == 1:
            return children[junction][0]
    return children


def _canonical_children(value: JsonValue) -> JsonValue:
    return [canonical(child) for child in value] if isinstance(value, list) else canonical(value)
