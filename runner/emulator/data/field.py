"""A field as a collection describes it, and the SQL expression that gives its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.emulator.data.naming import verbose_name

# What a value can be, and what a field can be: a timeseries is a list of whole numbers, one a day.
Type = Literal["integer", "long", "double", "date", "datetime", "string", "boolean", "tree"]
FieldType = Type | Literal["timeseries"]
NUMERIC = frozenset({"integer", "long", "double"})
TEXT = frozenset({"string", "tree"})
TIME = frozenset({"date", "datetime"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a collection.

    `sql` is a column, written `{s}."name"`, for a dimension; for a metric it is an aggregate over columns written
    `{name}`, which lets a metric's own filter stand around each of them.
    """

    id: str
    type: FieldType
    sql: str
    kind: Literal["dimension", "metric"] = "dimension"
    multiple: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """The verbose name: what the app and verbose headers call it."""
        return self.label or verbose_name(self.id)

    @property
    def of(self) -> Type:
        """The type of the value, or of its items where it is a list."""
        return "integer" if self.type == "timeseries" else self.type

    @property
    def group(self) -> str:
        """The first part of the id, which is how the app groups fields."""
        return self.id.partition(".")[0]
