"""The FROM of a query: one relation, or several joined on the page's key, days folded into their period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.sqltext import nested, select

if TYPE_CHECKING:
    from runner.emulator.bql.expression import Parameters
    from runner.emulator.bql.scope import Scope, Source

_SUMS = {"clicks", "impressions", "weighted", "google", "bing", "visits"}


def from_clause(scope: Scope) -> tuple[str, Parameters]:
    """The text of the FROM clause and its parameters.

    Several collections are joined by FULL OUTER JOIN, so that pages show up that only one of them knows.
    """
    relations = [_relation(scope, source) for source in scope.sources]
    text = relations[0][0]
    for index in range(1, len(relations)):
        text = f"{text} FULL OUTER JOIN {relations[index][0]} ON {_condition(scope, index)}"
    return text, tuple(value for _, values in relations for value in values)


def key_of(scope: Scope) -> str:
    """The key of a row's page, whichever sources know it."""
    return _first_known(scope.sources, "key")


def _relation(scope: Scope, source: Source) -> tuple[str, Parameters]:
    columns = scope.columns(source)
    if source.days is None:
        return nested(source.rows.select(columns), source.alias), ()
    rows = nested(source.rows.select(["date", "key", *columns]))
    within = "WHERE date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)"
    statement = select(["*"], rows, within) if len(scope.sources) == 1 else _folded(scope, source, rows, within)
    return nested(statement, source.alias), source.days


def _folded(scope: Scope, source: Source, rows: str, within: str) -> str:
    """One row for each page, or for each page and whatever else of the days the query names."""
    grain = ["key", *scope.grain(source)]
    sums = [name for name in scope.columns(source) if name in _SUMS]
    same = [name for name in scope.columns(source) if name not in {*grain, *sums}]
    columns = [
        *grain,
        *(f"sum({name}) AS {name}" for name in sums),
        *(f'any_value("{name}") AS "{name}"' for name in same),
    ]
    return select(columns, rows, within, "GROUP BY", ", ".join(grain))


def _condition(scope: Scope, index: int) -> str:
    before, source = scope.sources[:index], scope.sources[index]
    conditions = [f"{_first_known(before, 'key')} = {source.alias}.key"]
    for name in scope.grain(source):
        having = tuple(other for other in before if name in scope.grain(other) and name != "date")
        conditions += [f"{_first_known(having, name)} = {source.alias}.{name}"] if having else []
    return " AND ".join(conditions)


def _first_known(sources: tuple[Source, ...], column: str) -> str:
    values = [f"{source.alias}.{column}" for source in sources]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
