"""A field as a collection describes it, and the SQL expression that gives its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.emulator.data.naming import verbose_name

Type = Literal["integer", "long", "double", "date", "datetime", "string", "boolean", "tree"]
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
    type: Type
    sql: str
    kind: Literal["dimension", "metric"] = "dimension"
    multiple: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """The verbose name: what the app and verbose headers call it."""
        return self.label or verbose_name(self.id)

    @property
    def group(self) -> str:
        """The first part of the id, which is how the app groups fields."""
        return self.id.partition(".")[0]
