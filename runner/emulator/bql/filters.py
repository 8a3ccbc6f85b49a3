"""Filters: and, or, not, and leaves of field, predicate and value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.bql.expression import combined, joined
from runner.emulator.bql.predicates import PREDICATES, apply_predicate
from runner.emulator.errors import Refused, bad_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.emulator.bql.expression import Expression
    from runner.jsonvalue import JsonObject, JsonValue

    Resolve = Callable[[JsonValue], Expression]

_DEEPEST = 40
_LEAF = {"field", "predicate", "value"}


def compile_filter(node: JsonValue, resolve: Resolve, depth: int = 0) -> Expression:
    """A condition. `resolve` says what a leaf's `field` is: a field of a collection, or a column of the result."""
    if depth > _DEEPEST:
        raise Refused(400, 1043, "the filters are nested too deeply")
    if not isinstance(node, dict):
        raise bad_query("a filter is an object")
    if "field" in node:
        return _leaf(node, resolve)
    if len(node) != 1:
        raise bad_query("a filter has a field, or exactly one of: and, or, not")
    word, inner = next(iter(node.items()))
    return _connected(word, inner, resolve, depth + 1)


def _connected(word: str, inner: JsonValue, resolve: Resolve, depth: int) -> Expression:
    if word == "not":
        return combined("(NOT {})", "boolean", compile_filter(inner, resolve, depth))
    if word not in ("and", "or"):
        raise bad_query(f"a filter cannot have the key {word[:100]!r}")
    if not isinstance(inner, list) or not inner:
        raise bad_query(f"{word} takes a list of filters")
    return joined(word.upper(), [compile_filter(part, resolve, depth) for part in inner])


def _leaf(node: JsonObject, resolve: Resolve) -> Expression:
    unknown = sorted(set(node) - _LEAF)
    if unknown:
        raise bad_query(f"a filter cannot have the key {unknown[0][:100]!r}")
    predicate = node.get("predicate", "eq")
    if not isinstance(predicate, str) or predicate.removeprefix("any.").removeprefix("all.") not in PREDICATES:
        raise bad_query(f"unknown predicate {str(predicate)[:100]!r}")
    return apply_predicate(resolve(node["field"]), predicate, node)
