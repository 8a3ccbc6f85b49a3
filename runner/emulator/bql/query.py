"""A whole query: from the JSON of a request to one SQL statement and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.bql.column import plain
from runner.emulator.bql.dimensions import compile_dimension, is_url
from runner.emulator.bql.filters import compile_filter
from runner.emulator.bql.metrics import compile_metric
from runner.emulator.bql.operands import Operands
from runner.emulator.bql.request import checked, scope_of
from runner.emulator.bql.selection import Selection
from runner.emulator.bql.sorting import compile_sort
from runner.emulator.errors import bad_query

if TYPE_CHECKING:
    from runner.emulator.bql.column import Column
    from runner.emulator.bql.expression import Parameters
    from runner.emulator.catalogue import Catalogue
    from runner.emulator.sql import Row
    from runner.jsonvalue import JsonValue


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query ready to run: its columns, dimensions first, and its statement."""

    dimensions: tuple[Column, ...]
    metrics: tuple[Column, ...]
    sql: str
    parameters: Parameters

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, as a file has them."""
        return self.dimensions + self.metrics

    def shown(self, row: Row) -> list[JsonValue]:
        """A row's values as JSON has them."""
        return [plain(value, column) for value, column in zip(row, self.columns, strict=True)]

    def page(self, size: int, offset: int) -> tuple[str, Parameters]:
        """The statement of one page."""
        return f"{self.sql} LIMIT ? OFFSET ?", (*self.parameters, size, offset)

    def count(self) -> tuple[str, Parameters]:
        """The statement that counts all rows."""
        return " ".join(["SELECT count(*) FROM", f"({self.sql})"]), self.parameters


def compile_query(
    body: JsonValue, catalogue: Catalogue, *, ignore_limit: bool = False, each_url: bool = False
) -> Compiled:
    """Compile a BQLv2 request, or refuse it. `each_url` is for lists of URLs: a row for each, whatever they show."""
    query = checked(body, ignore_limit=ignore_limit)
    scope = scope_of(body, catalogue)
    dimensions = tuple(compile_dimension(node, scope) for node in query["dimensions"])
    metrics = tuple(compile_metric(node, scope) for node in query["metrics"])
    if any(found.expression.multiple for found in dimensions) and not (each_url or any(map(is_url, dimensions))):
        raise bad_query("a list can be a dimension only where url is one too")
    selection = Selection(scope, dimensions, metrics, each_url=each_url)
    selection.filter(query.get("filters"))
    keys = compile_sort(query.get("sort", []), dimensions, metrics)
    post = query.get("post_filters")
    condition = compile_filter(post, Operands(scope, metrics=True).value) if post is not None else None
    sql, parameters = selection.statement(keys, condition)
    return Compiled(dimensions, metrics, sql, parameters)
