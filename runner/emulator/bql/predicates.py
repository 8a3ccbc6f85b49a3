"""The predicates of a filter: what each takes, and the SQL it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.bql.expression import Expression, combined
from runner.emulator.bql.literal import literal_for, text_or_number
from runner.emulator.data.field import NUMERIC, TEXT, TIME
from runner.emulator.errors import Refused, bad_query
from runner.emulator.sql import valid_regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.jsonvalue import JsonObject

_ANY = NUMERIC | TEXT | TIME | {"boolean"}
_ORDERED = NUMERIC | TIME


@dataclass(frozen=True, slots=True)
class Predicate:
    """`sql` has a place for the field and one for each value; `types` are those that the facts allow."""

    sql: str
    types: frozenset[str]
    values: int = 1


PREDICATES: Mapping[str, Predicate] = {
    "eq": Predicate("({} = {})", _ANY),
    "gt": Predicate("({} > {})", _ORDERED),
    "gte": Predicate("({} >= {})", _ORDERED),
    "lt": Predicate("({} < {})", _ORDERED),
    "lte": Predicate("({} <= {})", _ORDERED),
    "between": Predicate("({} BETWEEN {} AND {})", _ORDERED, 2),
    "contains": Predicate("contains({}, {})", TEXT),
    "starts": Predicate("starts_with({}, {})", TEXT),
    "ends": Predicate("suffix({}, {})", TEXT),
    "re": Predicate("regexp_matches({}, {})", TEXT),
    "with_children": Predicate("starts_with({} || '/', {} || '/')", frozenset({"tree"})),
    "without_children": Predicate("({} = {})", frozenset({"tree"})),
    "only_children": Predicate("starts_with({}, {} || '/')", frozenset({"tree"})),
    "exists": Predicate("({} IS NOT NULL)", _ANY, 0),
}


def apply_predicate(subject: Expression, name: str, leaf: JsonObject) -> Expression:
    """The condition of one leaf."""
    quantifier, _, plain = name.rpartition(".")
    if subject.multiple != bool(quantifier) and plain != "exists":
        raise bad_query(f"{name} does not fit a field that {'is a list' if subject.multiple else 'is no list'}")
    predicate = PREDICATES[plain]
    if subject.type not in predicate.types:
        raise bad_query(f"{plain} is not for a {text_or_number(subject.type)}")
    if plain == "exists":
        return subject.wrapped("(coalesce(len({}), 0) > 0)" if subject.multiple else predicate.sql, "boolean")
    values = [literal_for(value, subject.type) for value in _values(predicate, leaf)]
    if plain == "re" and not valid_regex(str(leaf["value"])):
        raise Refused(400, 1057)
    return _quantified(subject, quantifier, predicate, values) if quantifier else _plain(subject, predicate, values)


def _values(predicate: Predicate, leaf: JsonObject) -> list[object]:
    if "value" not in leaf:
        raise bad_query("a filter needs a value")
    value = leaf["value"]
    if predicate.values == 1:
        return [value]
    if not isinstance(value, list) or len(value) != predicate.values:
        raise bad_query("between takes a list of two values")
    return value


def _plain(subject: Expression, predicate: Predicate, values: list[Expression]) -> Expression:
    return combined(predicate.sql, "boolean", subject, *values)


def _quantified(subject: Expression, quantifier: str, predicate: Predicate, values: list[Expression]) -> Expression:
    """`any.` and `all.` look at each item of a list."""
    test = _plain(Expression("item", subject.type), predicate, values)
    if quantifier == "any":
        kept = combined("(len(list_filter({}, lambda item: {})) > 0)", "boolean", subject, test)
    else:
        kept = combined("(len(list_filter({}, lambda item: NOT {})) = 0)", "boolean", subject, test)
    return Expression(kept.sql, "boolean", kept.parameters)
