"""The functions of BQL: what each takes and gives, and the SQL it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.bql.expression import Expression, combined, joined
from runner.emulator.data.field import NUMERIC, TIME
from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runner.emulator.data.field import Type

_COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_SUMS = {"add": "({} + {})", "sub": "({} - {})", "mul": "({} * {})", "div": "(CAST({} AS DOUBLE) / nullif({}, 0))"}
_ALL = NUMERIC | TIME | {"string", "tree", "boolean"}


@dataclass(frozen=True, slots=True)
class OfOne:
    """A function of one argument."""

    sql: str
    takes: frozenset[str]
    gives: Type


_OF_ONE: Mapping[str, OfOne] = {
    "date": OfOne("CAST({} AS DATE)", TIME, "date"),
    "year": OfOne("year({})", TIME, "integer"),
    "month": OfOne("month({})", TIME, "integer"),
    "year_month": OfOne("strftime({}, '%Y-%m')", TIME, "string"),
    "first_day_of_week": OfOne("CAST(date_trunc('week', {}) AS DATE)", TIME, "date"),
    "first_day_of_month": OfOne("CAST(date_trunc('month', {}) AS DATE)", TIME, "date"),
    "year_week_number_starting_monday": OfOne("strftime({}, '%Y-%W')", TIME, "string"),
    "year_week_number_starting_sunday": OfOne("strftime({}, '%Y-%U')", TIME, "string"),
    "http_code_family": OfOne("http_code_family({})", NUMERIC, "string"),
    "http_code_quality": OfOne("CASE WHEN {} IN (200, 304) THEN 'good' ELSE 'bad' END", NUMERIC, "string"),
    "to_json_string": OfOne("CAST(to_json({}) AS VARCHAR)", _ALL, "string"),
    "exists": OfOne("({} IS NOT NULL)", _ALL, "boolean"),
    "not_exists": OfOne("({} IS NULL)", _ALL, "boolean"),
    "not": OfOne("(NOT {})", frozenset({"boolean"}), "boolean"),
}
_TAKE_LISTS = {"to_json_string", "exists", "not_exists"}


def call(name: str, args: Sequence[Expression]) -> Expression:
    """A function applied; what does not fit is refused."""
    if name in _OF_ONE:
        return _of_one(name, args)
    if name in _COMPARISONS:
        return _comparison(name, args)
    if name in _SUMS:
        return _calculation(name, args)
    special = _SPECIAL.get(name)
    if special is None:
        raise bad_query(f"unknown function {name[:100]!r}")
    return special(args)


def expect(args: Sequence[Expression], count: int, name: str) -> None:
    """Refuse another number of arguments."""
    if len(args) != count:
        raise bad_query(f"{name} takes {count} arguments, not {len(args)}")


def _of_one(name: str, args: Sequence[Expression]) -> Expression:
    expect(args, 1, name)
    function = _OF_ONE[name]
    if args[0].type not in function.takes or (args[0].multiple and name not in _TAKE_LISTS):
        raise bad_query(f"{name} is not for a {'list' if args[0].multiple else args[0].type}")
    return combined(function.sql, function.gives, args[0])


def _comparison(name: str, args: Sequence[Expression]) -> Expression:
    expect(args, 2, name)
    if not args[0].comparable(args[1]) or args[0].multiple:
        raise bad_query(f"{name} compares two values of one type")
    return combined("({} " + _COMPARISONS[name] + " {})", "boolean", *args)


def _calculation(name: str, args: Sequence[Expression]) -> Expression:
    if len(args) < 2 or not all(arg.numeric for arg in args):
        raise bad_query(f"{name} takes two numbers or more")
    total = args[0]
    for arg in args[1:]:
        double = name == "div" or "double" in (total.type, arg.type)
        total = combined(_SUMS[name], "double" if double else "long", total, arg)
    return total


def _connection(word: str) -> Callable[[Sequence[Expression]], Expression]:
    def connect(args: Sequence[Expression]) -> Expression:
        if not args or any(arg.type != "boolean" or arg.multiple for arg in args):
            raise bad_query(f"{word.lower()} takes conditions")
        return joined(word, list(args))

    return connect


def _if(args: Sequence[Expression]) -> Expression:
    expect(args, 3, "if")
    condition, then, otherwise = args
    if condition.type != "boolean":
        raise bad_query("if takes a condition first")
    return combined("CASE WHEN {} THEN {} ELSE {} END", _common("if", then, otherwise), condition, then, otherwise)


def _if_not_exists(args: Sequence[Expression]) -> Expression:
    expect(args, 2, "if_not_exists")
    return combined("coalesce({}, {})", _common("if_not_exists", *args), *args)


def _common(name: str, one: Expression, other: Expression) -> Type:
    """The type of a choice between two; NULL goes with anything."""
    if one.sql == "NULL" or one.type == other.type:
        return other.type
    if other.sql != "NULL" and not one.comparable(other):
        raise bad_query(f"{name} chooses between two values of one type")
    return "double" if "double" in (one.type, other.type) else one.type


def _concat(args: Sequence[Expression]) -> Expression:
    if not args or any(arg.multiple for arg in args):
        raise bad_query("concat takes values")
    return combined("(" + " || ".join(["CAST({} AS VARCHAR)"] * len(args)) + ")", "string", *args)


def _first(args: Sequence[Expression]) -> Expression:
    expect(args, 1, "first")
    if not args[0].multiple:
        raise bad_query("first takes a list")
    return combined("list_extract({}, 1)", args[0].type, args[0])


_SPECIAL: Mapping[str, Callable[[Sequence[Expression]], Expression]] = {
    "and": _connection("AND"),
    "or": _connection("OR"),
    "if": _if,
    "if_not_exists": _if_not_exists,
    "concat": _concat,
    "first": _first,
}
