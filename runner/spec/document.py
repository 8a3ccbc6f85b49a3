"""A document as plain data, with the place and the source text of every node beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from runner.errors import SpecError
from runner.spec.problem import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.jsonvalue import JsonValue


class Mark(NamedTuple):
    """Where a node is, counted from 0, and where its key is (itself, in a list). `text` is a scalar's source."""

    line: int
    column: int
    key_line: int
    key_column: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. `marks` holds, by the identity of a mapping or list, the mark of each of its members."""

    file: str
    data: JsonValue
    marks: dict[int, dict[str | int, Mark]] = field(repr=False)

    def place(self, path: Sequence[str | int], *, key: bool = False) -> Place:
        """Where the node at a path is, or its key; the beginning of the file for a path that leads nowhere."""
        container, mark = self.data, None
        for step in path:
            found = self.marks.get(id(container), {}).get(step)
            if found is None:
                break
            mark, container = found, container[step]
        if mark is None:
            return Place(self.file)
        line, column = (mark.key_line, mark.key_column) if key else (mark.line, mark.column)
        return Place(self.file, line + 1, column + 1)


def wrong(place: Place, message: str) -> SpecError:
    """The error for a document that cannot be read on."""
    return SpecError((Problem(place, message),))
