"""The order of a result: the three forms of sort, and the tie-break that makes every file repeatable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.emulator.bql.column import Column
    from runner.jsonvalue import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Key:
    """One key to sort by: a column of the result (`d0`, `m1`), or a field that the result does not show."""

    column: str
    order: Literal["asc", "desc"] = "asc"
    hidden: str | None = None

    @property
    def sql(self) -> str:
        """Missing values are the smallest: first in ascending order, last in descending."""
        return f"{self.column} {'DESC NULLS LAST' if self.order == 'desc' else 'ASC NULLS FIRST'}"


def compile_sort(nodes: JsonValue, dimensions: Sequence[Column], metrics: Sequence[Column]) -> list[Key]:
    """The keys of a query's `sort`."""
    if not isinstance(nodes, list):
        raise bad_query("sort is a list")
    return [_key(node, index, dimensions, metrics) for index, node in enumerate(nodes)]


def _key(node: JsonValue, place: int, dimensions: Sequence[Column], metrics: Sequence[Column]) -> Key:
    if isinstance(node, int) and not isinstance(node, bool):
        return Key(_column("dimensions", node, dimensions, metrics))
    if not isinstance(node, dict):
        raise bad_query("a sort key is a number or an object")
    order = _order(node)
    if set(node) <= {"index", "type", "order"} and "index" in node:
        return Key(_column(node.get("type", "dimensions"), node["index"], dimensions, metrics), order)
    if set(node) <= {"field", "order"} and isinstance(node.get("field"), str):
        shown = _shown(node["field"], dimensions, metrics)
        return Key(shown, order) if shown else Key(f"h{place}", order, hidden=node["field"])
    raise bad_query("a sort key has an index and a type, or a field")


def _order(node: JsonObject) -> Literal["asc", "desc"]:
    order = node.get("order", "asc")
    if order == "asc":
        return "asc"
    if order == "desc":
        return "desc"
    raise bad_query("order is asc or desc")


def _column(kind: JsonValue, index: JsonValue, dimensions: Sequence[Column], metrics: Sequence[Column]) -> str:
    columns = {"dimensions": dimensions, "metrics": metrics}.get(kind) if isinstance(kind, str) else None
    if columns is None:
        raise bad_query("a sort key's type is dimensions or metrics")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(columns):
        raise bad_query(f"there is no column {str(index)[:20]} in {kind} to sort by")
    return f"{'d' if kind == 'dimensions' else 'm'}{index}"


def _shown(field: str, dimensions: Sequence[Column], metrics: Sequence[Column]) -> str | None:
    for letter, columns in (("d", dimensions), ("m", metrics)):
        for index, column in enumerate(columns):
            if column.full == field and not column.ranges:
                return f"{letter}{index}"
    return None
