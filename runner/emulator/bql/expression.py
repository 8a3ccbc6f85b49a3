"""An SQL expression on its way: text of ours, the values that belong to its question marks, and its BQL type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.emulator.data.field import NUMERIC, TEXT, TIME

if TYPE_CHECKING:
    from runner.emulator.data.field import Type

Parameters = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """`parameters` are in the order of the question marks in `sql`."""

    sql: str
    type: Type
    parameters: Parameters = ()
    multiple: bool = False
    aggregate: bool = False

    @property
    def numeric(self) -> bool:
        """Whether one can calculate with it."""
        return self.type in NUMERIC and not self.multiple

    def comparable(self, other: Expression) -> bool:
        """Whether the two can be compared."""
        kinds = (NUMERIC, TEXT, TIME, {"boolean"})
        return any(self.type in kind and other.type in kind for kind in kinds) and self.multiple == other.multiple

    def wrapped(self, template: str, type_: Type | None = None) -> Expression:
        """The expression within a template, `{}` being its place."""
        return replace(self, sql=template.format(self.sql), type=type_ or self.type)


def combined(template: str, type_: Type, *parts: Expression) -> Expression:
    """Several expressions in one template, whose `{}` come in the order of the parts."""
    return Expression(
        sql=template.format(*(part.sql for part in parts)),
        type=type_,
        parameters=tuple(value for part in parts for value in part.parameters),
        aggregate=any(part.aggregate for part in parts),
    )


def joined(word: str, parts: list[Expression]) -> Expression:
    """Conditions connected by AND or OR."""
    return combined("(" + f" {word} ".join(["{}"] * len(parts)) + ")", "boolean", *parts)
