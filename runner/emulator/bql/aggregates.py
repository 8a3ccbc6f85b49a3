"""The aggregations of BQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.emulator.bql.expression import Expression, combined
from runner.emulator.bql.functions import expect
from runner.emulator.data.field import NUMERIC
from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.emulator.data.field import Type


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`inner` is what is aggregated, made of the arguments; `gives` may be the argument's own type."""

    outer: str
    inner: str = "{}"
    arguments: int = 1
    takes: frozenset[str] | None = None
    gives: Type | Literal["same"] = "long"


# Unlike count_if, it is 0 and not NULL where every condition is.
_TRUE = "count(CASE WHEN {} THEN 1 END)"
_BOOLEAN = frozenset({"boolean"})
AGGREGATES: Mapping[str, Aggregate] = {
    "sum": Aggregate("sum({})", takes=NUMERIC, gives="same"),
    "avg": Aggregate("avg({})", takes=NUMERIC, gives="double"),
    "min": Aggregate("min({})", gives="same"),
    "max": Aggregate("max({})", gives="same"),
    "count": Aggregate("count({})"),
    "count_distinct": Aggregate("count(DISTINCT {})"),
    # The approximation is exact: a file must be the same each time it is made.
    "count_distinct_approx": Aggregate("count(DISTINCT {})"),
    "count_true": Aggregate(_TRUE, takes=_BOOLEAN),
    "count_false": Aggregate(_TRUE, "(NOT {})", takes=_BOOLEAN),
    "count_null": Aggregate(_TRUE, "({} IS NULL)"),
    "count_eq": Aggregate(_TRUE, "({} = {})", arguments=2),
    "count_gt": Aggregate(_TRUE, "({} > {})", arguments=2),
    "count_gte": Aggregate(_TRUE, "({} >= {})", arguments=2),
    "count_lt": Aggregate(_TRUE, "({} < {})", arguments=2),
    "count_lte": Aggregate(_TRUE, "({} <= {})", arguments=2),
}
_LISTS = {"count", "count_null"}


def aggregate(name: str, args: Sequence[Expression], keep: Expression | None) -> Expression:
    """An aggregate over the rows that `keep` lets through."""
    if any(arg.aggregate for arg in args):
        raise bad_query("an aggregation cannot be inside another")
    if name == "weighted_avg":
        return _weighted(args, keep)
    function = AGGREGATES[name]
    expect(args, function.arguments, name)
    _check(name, function, args)
    inner = _kept(combined(function.inner, "long", *args), keep)
    return _done(combined(function.outer, args[0].type if function.gives == "same" else function.gives, inner))


def _weighted(args: Sequence[Expression], keep: Expression | None) -> Expression:
    expect(args, 2, "weighted_avg")
    if not all(arg.numeric for arg in args):
        raise bad_query("weighted_avg takes a value and a weight")
    above = _kept(combined("({} * {})", "double", *args), keep)
    below = _kept(args[1], keep)
    return _done(combined("(CAST(sum({}) AS DOUBLE) / nullif(sum({}), 0))", "double", above, below))


def _check(name: str, function: Aggregate, args: Sequence[Expression]) -> None:
    if function.takes and args[0].type not in function.takes:
        raise bad_query(f"{name} is not for a {args[0].type}")
    if args[0].multiple and name not in _LISTS:
        raise bad_query(f"{name} is not for a list")
    if len(args) == 2 and not args[0].comparable(args[1]):
        raise bad_query(f"{name} compares two values of one type")


def _kept(value: Expression, keep: Expression | None) -> Expression:
    return value if keep is None else combined("CASE WHEN {} THEN {} END", value.type, keep, value)


def _done(value: Expression) -> Expression:
    return Expression(value.sql, value.type, value.parameters, aggregate=True)
