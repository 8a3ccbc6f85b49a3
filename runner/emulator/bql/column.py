"""One column of a result: its expression, and every name that it goes by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from runner.jsonvalue import canonical

if TYPE_CHECKING:
    from runner.emulator.bql.expression import Expression
    from runner.emulator.bql.scope import Scope
    from runner.jsonvalue import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Column:
    """`full` is the name as the query wrote it, `slug` the field alone; `name` is what the query calls it, if it does.

    `ranges` are the bands that a range dimension's numbers stand for.
    """

    expression: Expression
    full: str
    slug: str
    verbose: str
    name: str | None = None
    ranges: tuple[JsonObject, ...] = ()
    complete: bool = False


def column(expression: Expression, node: JsonValue, scope: Scope, name: str | None) -> Column:
    """A column named after the field it shows, or after the function that makes it."""
    text = node if isinstance(node, str) else node.get("field") if isinstance(node, dict) else None
    if not isinstance(text, str):
        text = canonical(node)
        return Column(expression, text, text, text, name)
    known = scope.lookup(text.partition("[")[0])[1]
    index = text[text.index("[") :] if "[" in text else ""
    return Column(expression, text, known.id + index, known.name + index, name)


def plain(value: JsonValue, column: Column) -> JsonValue:
    """A value as JSON has it: times as text, bands as objects."""
    if column.ranges and value is not None:
        return column.ranges[value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
