"""The statement of a query: rows as they are where each is a page of its own, groups of rows otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.bql.dimensions import is_url
from runner.emulator.bql.expression import Expression, joined
from runner.emulator.bql.filters import compile_filter
from runner.emulator.bql.operands import Operands
from runner.emulator.bql.sources import from_clause, key_of
from runner.emulator.data.crawl import EDGE
from runner.emulator.errors import bad_query
from runner.emulator.sqltext import nested, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.emulator.bql.column import Column
    from runner.emulator.bql.expression import Parameters
    from runner.emulator.bql.scope import Scope
    from runner.emulator.bql.sorting import Key
    from runner.jsonvalue import JsonValue


class Selection:
    """Puts a query's parts together in the order that SQL wants them, which is the order of the parameters too."""

    def __init__(
        self, scope: Scope, dimensions: Sequence[Column], metrics: Sequence[Column], *, each_url: bool
    ) -> None:
        self._scope = scope
        self._dimensions = dimensions
        self._metrics = metrics
        self._each_url = each_url
        self._where: list[Expression] = []
        self._having: list[Expression] = []

    def filter(self, node: JsonValue) -> None:
        """Take the query's filters: conditions on metrics hold for groups, all others for rows."""
        parts = node["and"] if isinstance(node, dict) and set(node) == {"and"} else [node]
        if node is None or not isinstance(parts, list) or not parts:
            parts = [] if node is None else [node]
        for part in parts:
            condition = compile_filter(part, Operands(self._scope, metrics=True).value)
            (self._having if condition.aggregate else self._where).append(condition)

    def statement(self, keys: Sequence[Key], post: Expression | None) -> tuple[str, Parameters]:
        """The SELECT and its parameters, in a stable order."""
        if post is not None:
            self._having.append(post)
        grouped = bool(self._metrics or self._having) or not (self._each_url or self._one_row_each())
        hidden = self._hidden(keys, grouped=grouped)
        columns = [*self._columns(), *hidden]
        ties = [f"{name} ASC NULLS FIRST" for name in self._ties(grouped=grouped)]
        inner, parameters = self._select(columns, grouped=grouped, ties=not grouped)
        # One crawl comes in its own order, which is also how ties are broken: there is nothing to sort.
        sorted_already = not keys and not grouped and len(self._scope.sources) == 1
        order = "" if sorted_already else ", ".join(dict.fromkeys([*(key.sql for key in keys), *ties]))
        shown = [name for name, _ in self._columns()]
        return select(shown, nested(inner, "q"), f"ORDER BY {order}" if order else ""), parameters

    def _select(
        self, columns: Sequence[tuple[str, Expression]], *, grouped: bool, ties: bool
    ) -> tuple[str, Parameters]:
        source, source_parameters = from_clause(self._scope)
        where = [*self._where, *self._complete()]
        parts = [expression for _, expression in columns]
        shown = [f"{expression.sql} AS {name}" for name, expression in columns]
        if ties:
            shown += [f"{key_of(self._scope)} AS page", *self._edge()]
        clauses = [
            _clause("WHERE", where),
            "GROUP BY ALL" if grouped and self._dimensions else "",
            _clause("HAVING", self._having),
        ]
        values = [value for part in parts for value in part.parameters]
        after = [value for part in (*where, *self._having) for value in part.parameters]
        return select(shown, source, *clauses), (*values, *source_parameters, *after)

    def _columns(self) -> list[tuple[str, Expression]]:
        named = [(f"d{index}", column.expression) for index, column in enumerate(self._dimensions)]
        return named + [(f"m{index}", column.expression) for index, column in enumerate(self._metrics)]

    def _hidden(self, keys: Sequence[Key], *, grouped: bool) -> list[tuple[str, Expression]]:
        hidden = [(key.column, key.hidden) for key in keys if key.hidden is not None]
        if hidden and grouped:
            raise bad_query("sort by what the query shows")
        return [(name, self._scope.value(field)) for name, field in hidden]

    def _one_row_each(self) -> bool:
        """Whether every row of the sources is a row of the result, so that nothing has to be grouped."""
        whole = any(is_url(column) and _plain(column) for column in self._dimensions)
        edges = {column.slug for column in self._dimensions} >= {EDGE} if self._scope.edges else True
        daily = len(self._scope.sources) == 1 and self._scope.sources[0].days is not None
        crossed = len(self._scope.sources) > 1 and not any(column.full == "url" for column in self._dimensions)
        return (
            whole
            and edges
            and not daily
            and not crossed
            and not any(self._scope.grain(source) for source in self._scope.sources)
        )

    def _ties(self, *, grouped: bool) -> list[str]:
        if grouped:
            return [f"d{index}" for index, _ in enumerate(self._dimensions)]
        return ["page", *(text.rpartition(" ")[2] for text in self._edge())]

    def _edge(self) -> list[str]:
        return [f"{alias}.edge AS edge_{alias}" for alias in self._scope.edges]

    def _complete(self) -> list[Expression]:
        return [column.expression.wrapped("{} IS NOT NULL") for column in self._dimensions if column.complete]


def _plain(column: Column) -> bool:
    return not column.expression.parameters


def _clause(word: str, conditions: Sequence[Expression]) -> str:
    return f"{word} {joined('AND', list(conditions)).sql}" if conditions else ""
