"""Metrics: what is counted or measured over the pages of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.bql.column import column
from runner.emulator.bql.filters import compile_filter
from runner.emulator.bql.operands import Operands, named
from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from runner.emulator.bql.column import Column
    from runner.emulator.bql.scope import Scope
    from runner.jsonvalue import JsonValue


def compile_metric(node: JsonValue, scope: Scope) -> Column:
    """One metric: a string, an object (perhaps with filters of its own), a function or the short form."""
    if not isinstance(node, str | dict):
        raise bad_query("a metric is a string or an object")
    name, keep, plain = None, None, node
    if isinstance(node, dict):
        name = named(node["name"]) if "name" in node else None
        keep = compile_filter(node["filters"], Operands(scope).value) if "filters" in node else None
        plain = {key: value for key, value in node.items() if key not in ("name", "filters")}
    value = Operands(scope, metrics=True, keep=keep).value(plain)
    if not value.aggregate:
        raise bad_query("a metric counts or aggregates")
    return column(value, plain, scope, name)
