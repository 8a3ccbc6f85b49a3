"""Whatever stands for a value in a query: a field, a literal, a function, an aggregation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.bql.aggregates import AGGREGATES, aggregate
from runner.emulator.bql.functions import call
from runner.emulator.bql.literal import literal
from runner.emulator.errors import Refused, bad_query

if TYPE_CHECKING:
    from runner.emulator.bql.expression import Expression
    from runner.emulator.bql.scope import Scope
    from runner.jsonvalue import JsonObject, JsonValue

_AGGREGATIONS = {*AGGREGATES, "weighted_avg"}
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Operands:
    """Compiles values in one scope; `metrics` says whether aggregates may appear, `keep` which rows they see."""

    scope: Scope
    metrics: bool = False
    keep: Expression | None = None
    depth: int = 0

    def value(self, node: JsonValue) -> Expression:
        """The expression of a node; a string is the name of a field."""
        if self.depth > _DEEPEST:
            raise Refused(400, 1043, "the functions are nested too deeply")
        if isinstance(node, str):
            return self._field(node)
        if isinstance(node, dict):
            return self._object(node)
        return literal(node)

    def _field(self, name: str) -> Expression:
        found = self.scope.metric(name, self.keep) if self.metrics and "[" not in name else None
        return found or self.scope.value(name)

    def _object(self, node: JsonObject) -> Expression:
        if set(node) == {"literal"}:
            return literal(node["literal"])
        if set(node) == {"field"}:
            return self._field(named(node["field"]))
        if set(node) <= {"function", "args"} and "function" in node:
            return self._call(named(node["function"]), node.get("args", []))
        if len(node) == 1:
            name, args = next(iter(node.items()))
            return self._call(name, args if isinstance(args, list) else [args])
        raise bad_query(f"not a value: an object with the keys {', '.join(sorted(node))[:200]}")

    def _call(self, name: str, args: JsonValue) -> Expression:
        if not isinstance(args, list):
            raise bad_query("args is a list")
        if name not in _AGGREGATIONS:
            return call(name, [self._inside(metrics=self.metrics).value(arg) for arg in args])
        if not self.metrics:
            raise bad_query(f"{name} is a metric")
        return aggregate(name, [self._inside(metrics=False).value(arg) for arg in args], self.keep)

    def _inside(self, *, metrics: bool) -> Operands:
        return Operands(self.scope, metrics, self.keep, self.depth + 1)


def named(value: JsonValue) -> str:
    """A name, which is a string."""
    if not isinstance(value, str):
        raise bad_query("a name is a string")
    return value
