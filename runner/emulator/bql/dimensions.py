"""Dimensions: what a row is about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.emulator.bql.column import Column, column
from runner.emulator.bql.expression import Expression, combined
from runner.emulator.bql.literal import literal
from runner.emulator.bql.operands import Operands, named
from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from runner.emulator.bql.scope import Scope
    from runner.jsonvalue import JsonObject, JsonValue

# Rows that have none of these are left out of the result.
_NEVER_NULL = {"date", "device", "country"}


def compile_dimension(node: JsonValue, scope: Scope) -> Column:
    """One dimension: a string, an object, a function or ranges."""
    name, plain = None, node
    if isinstance(node, dict):
        name = named(node["name"]) if "name" in node else None
        plain = {key: value for key, value in node.items() if key != "name"}
        ranged = _ranged(plain)
        if ranged is not None:
            return _range_column(*ranged, scope, name)
    elif not isinstance(node, str):
        raise bad_query("a dimension is a string or an object")
    found = column(Operands(scope).value(plain), plain, scope, name)
    return replace(found, complete=found.slug in _NEVER_NULL)


def is_url(found: Column) -> bool:
    """Whether the column is the page's address itself."""
    return found.slug == "url"


def _ranged(node: JsonObject) -> tuple[str, JsonValue] | None:
    """The field and the ranges of either spelling, or None for any other dimension."""
    if set(node) == {"field", "ranges"}:
        return named(node["field"]), node["ranges"]
    args = node.get("args")
    if node.get("function") == "ranges" and isinstance(args, list) and len(args) == 2:
        return named(args[0]), args[1]
    return None


def _range_column(field: str, ranges: JsonValue, scope: Scope, name: str | None) -> Column:
    value = scope.value(field)
    if not value.numeric or not isinstance(ranges, list) or not 0 < len(ranges) <= 100:
        raise bad_query("ranges take a number and a list of bands")
    cases = [_case(value, band, index) for index, band in enumerate(ranges)]
    choice = combined("CASE " + " ".join(["{}"] * len(cases)) + " END", "integer", *cases)
    return replace(column(choice, field, scope, name), ranges=tuple(ranges), complete=True)


def _case(value: Expression, band: JsonValue, index: int) -> Expression:
    """A band is closed at its lower end and open at its upper one."""
    if not isinstance(band, dict) or not band or not set(band) <= {"from", "to"}:
        raise bad_query("a range has from, to, or both")
    tests = [combined("{} >= {}", "boolean", value, _bound(band["from"]))] if "from" in band else []
    tests += [combined("{} < {}", "boolean", value, _bound(band["to"]))] if "to" in band else []
    return combined("WHEN " + " AND ".join(["{}"] * len(tests)) + f" THEN {index}", "integer", *tests)


def _bound(value: JsonValue) -> Expression:
    found = literal(value)
    if not found.numeric:
        raise bad_query("the ends of a range are numbers")
    return found
