"""Small relations that are asked often become tables: planning their expressions takes longer than reading them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runner.emulator.data.relation import Relation
from runner.emulator.sqltext import select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.emulator.data.relation import Rows

_SMALL = 20_000
_OFTEN = 8


class Kept:
    """A relation until it was asked a few times, a table from then on. `name` is one of ours."""

    def __init__(self, relation: Relation, name: str, execute: Callable[[str], None]) -> None:
        self._relation = relation
        self._name = name
        self._execute = execute
        self._asked = 0
        self._table: Relation | None = None
        self._lock = threading.Lock()

    def select(self, columns: Iterable[str]) -> str:
        """The statement that has these columns."""
        with self._lock:
            self._asked += 1
            if self._asked == _OFTEN:
                self._execute(" ".join(["CREATE TABLE", self._name, "AS", self._relation.whole()]))
                self._table = Relation(select(["*"], self._name), (), self._relation.links)
        return (self._table or self._relation).select(columns)


def kept(relation: Relation, name: str, execute: Callable[[str], None]) -> Rows:
    """The relation, kept if it is small."""
    return Kept(relation, name, execute) if relation.length <= _SMALL else relation
