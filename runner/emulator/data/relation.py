"""Rows that are made of numbers: a range, and layers of columns of which a query takes only those it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from runner.emulator.sqltext import nested, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXT = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r'"([^"]+)"|\b([a-z_]+)\b')


class Rows(Protocol):
    """Rows of which a query takes some columns."""

    def select(self, columns: Iterable[str]) -> str:
        """The statement that has these columns."""


@dataclass(frozen=True)
class Relation:
    """`base` is a statement over a range of `length`. A column may use the base's and those of the layers before it.

    `links` are layers that make several rows of one. Leaving out what is not needed is not for the database's sake,
    which ignores it anyway, but for its planner's.
    """

    base: str
    layers: tuple[Mapping[str, str], ...]
    links: tuple[Mapping[str, str], ...] = ()
    length: int = 0

    def select(self, columns: Iterable[str]) -> str:
        wanted = set().union(*(self._made_of.get(column, {column}) for column in columns))
        statement = self.base
        for layer in (*self.layers, *self.links):
            added = [f'{sql} AS "{name}"' for name, sql in layer.items() if name in wanted]
            statement = select(["*", *added], nested(statement)) if added else statement
        return statement

    def whole(self) -> str:
        """The statement that has every column but those of the links."""
        return self.select(name for layer in self.layers for name in layer)

    @cached_property
    def _made_of(self) -> Mapping[str, frozenset[str]]:
        """For each column, itself and every column that its expression leads to."""
        found: dict[str, frozenset[str]] = {}
        for layer in (*self.layers, *self.links):
            before = dict(found)
            for name, sql in layer.items():
                mentioned = {quoted or bare for quoted, bare in _NAME.findall(_TEXT.sub("", sql))}
                found[name] = frozenset({name}).union(*(before[other] for other in mentioned if other in before))
        return found
