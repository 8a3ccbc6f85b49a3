"""The FROM of a query: one view, or several joined on the page's key, days folded into their period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.sqltext import nested, select

if TYPE_CHECKING:
    from runner.emulator.bql.expression import Parameters
    from runner.emulator.bql.scope import Scope, Source

_SUMS = {
    "search_console": ("clicks", "impressions", "weighted"),
    "logs": ("google", "bing", "visits"),
}


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
    if source.days is None:
        return f"{source.view}{'_edges' if source.alias in scope.edges else ''} {source.alias}", ()
    within = "WHERE date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)"
    if len(scope.sources) == 1:
        return nested(select(["*"], source.view, within), source.alias), source.days
    return nested(_folded(scope, source, within), source.alias), source.days


def _folded(scope: Scope, source: Source, within: str) -> str:
    """One row for each page, or for each page and whatever else of the days the query names."""
    grain = ["key", *(f'any_value("{name}") AS "{name}"' for name in scope.shared), *_grain(scope, source)]
    sums = [f"sum({column}) AS {column}" for column in _SUMS[source.collection]]
    return select([*grain, *sums], source.view, within, "GROUP BY", ", ".join(["key", *_grain(scope, source)]))


def _grain(scope: Scope, source: Source) -> list[str]:
    return sorted(name for alias, name in scope.grain if alias == source.alias)


def _condition(scope: Scope, index: int) -> str:
    before, source = scope.sources[:index], scope.sources[index]
    conditions = [f"{_first_known(before, 'key')} = {source.alias}.key"]
    for name in _grain(scope, source):
        having = [other for other in before if (other.alias, name) in scope.grain and name != "date"]
        conditions += [f"{_first_known(tuple(having), name)} = {source.alias}.{name}"] if having else []
    return " AND ".join(conditions)


def _first_known(sources: tuple[Source, ...], column: str) -> str:
    values = [f"{source.alias}.{column}" for source in sources]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
