"""Values of a request, checked and typed: they become parameters, never text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from runner.emulator.bql.expression import Expression
from runner.emulator.data.field import NUMERIC, TEXT
from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from runner.emulator.data.field import Type
    from runner.jsonvalue import JsonValue

_LARGEST = 2**63 - 1
_LONGEST = 10_000


def literal(value: JsonValue) -> Expression:
    """A number, a boolean, NULL or a string as it stands."""
    if value is None:
        return Expression("NULL", "string")
    if isinstance(value, bool):
        return Expression("CAST(? AS BOOLEAN)", "boolean", (value,))
    if isinstance(value, int):
        return Expression("CAST(? AS BIGINT)", "long", (_fitting(value),))
    if isinstance(value, float):
        return Expression("CAST(? AS DOUBLE)", "double", (value,))
    if isinstance(value, str):
        return Expression("CAST(? AS VARCHAR)", "string", (_bounded(value),))
    raise bad_query("a value is a string, a number or a boolean")


def literal_for(value: JsonValue, type_: Type) -> Expression:
    """A value to compare with something of that type; another kind of value is refused."""
    if type_ == "date":
        return Expression("CAST(? AS DATE)", "date", (_day(value),))
    if type_ == "datetime":
        return Expression("CAST(? AS TIMESTAMP)", "datetime", (_moment(value),))
    found = literal(value)
    if value is None or not found.comparable(Expression("", type_)):
        raise bad_query(f"a value of type {type_} is wanted, not {type(value).__name__}")
    return found


def text_or_number(type_: Type) -> str:
    """The family of a type, for messages."""
    return "number" if type_ in NUMERIC else "text" if type_ in TEXT else type_


def _fitting(value: int) -> int:
    if abs(value) > _LARGEST:
        raise bad_query("the number is too large")
    return value


def _bounded(value: str) -> str:
    if len(value) > _LONGEST:
        raise bad_query(f"a string has at most {_LONGEST} characters")
    return value


def _day(value: JsonValue) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise bad_query("a date is written YYYY-MM-DD") from None


def _moment(value: JsonValue) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (TypeError, ValueError, OverflowError):
        raise bad_query("a date and time is written YYYY-MM-DDTHH:MM:SS") from None
