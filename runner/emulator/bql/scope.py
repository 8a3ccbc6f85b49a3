"""What the names in one query mean: its collections, its periods, and the fields it has used so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.emulator.bql.expression import Expression
from runner.emulator.data.crawl import EDGE
from runner.emulator.data.fields import SHARED
from runner.emulator.errors import Refused, bad_query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from runner.emulator.data.field import Field
    from runner.emulator.data.relation import Rows

_INDEXED = re.compile(r"(.*)\[(\d{1,4})\]", re.DOTALL)
_PERIOD = re.compile(r"period_(\d{1,3})\.(.*)", re.DOTALL)
_GRAIN = frozenset({*SHARED, "date"})


@dataclass(frozen=True, slots=True)
class Source:
    """One relation of the query: a crawl, or one period of a collection that has days.

    `alias` is a name of ours.
    """

    collection: str
    rows: Rows
    alias: str
    fields: Mapping[str, Field]
    period: int | None = None
    days: tuple[date, date] | None = None


@dataclass(slots=True)
class Scope:
    """Resolves field names, and remembers what was used, because that decides what the query reads."""

    sources: tuple[Source, ...]
    shared: Mapping[str, Field]
    used: set[tuple[str, str]] = field(default_factory=set)

    def value(self, name: str) -> Expression:
        """A dimension field as a value, with its list index where it has one."""
        plain, index = _split_index(name)
        sources, known = self.lookup(plain)
        if known.kind == "metric":
            raise bad_query(f"{plain[:200]} is a metric")
        expression = self._expression(sources, known)
        if index is None:
            return expression
        if not expression.multiple:
            raise bad_query(f"{plain[:200]} is not a list")
        return Expression(f"list_extract({expression.sql}, {index + 1})", expression.type)

    def metric(self, name: str, keep: Expression | None) -> Expression | None:
        """A metric field as an aggregate over the rows that `keep` lets through; None for any other field."""
        sources, known = self.lookup(name)
        if known.kind != "metric":
            return None
        columns = _Columns(sources[0].alias, keep.sql if keep else "")
        sql = known.sql.format_map(columns)
        self.used |= {(sources[0].alias, name) for name in columns.given}
        return Expression(sql, known.of, (keep.parameters if keep else ()) * len(columns.given), aggregate=True)

    def columns(self, source: Source) -> list[str]:
        """The columns of a source that the query uses."""
        return sorted(name for alias, name in self.used if alias == source.alias)

    def grain(self, source: Source) -> list[str]:
        """What else besides the page a source's rows are about, as far as the query looks at it."""
        return [name for name in self.columns(source) if name in _GRAIN]

    @property
    def edges(self) -> list[str]:
        """The aliases of the crawls whose links are in the query."""
        return sorted(alias for alias, name in self.used if name == EDGE)

    def lookup(self, name: str) -> tuple[tuple[Source, ...], Field]:
        """The sources that have this field, and the field. Unknown names are refused with code 1029."""
        found = self._prefixed(name) or self._bare(name)
        if found is None:
            raise Refused(400, 1029, name[:200])
        return found

    def _prefixed(self, name: str) -> tuple[tuple[Source, ...], Field] | None:
        for source in self.sources:
            prefix = source.collection if source.period is None else f"{source.collection}.period_{source.period}"
            if name.startswith(f"{prefix}."):
                known = source.fields.get(name[len(prefix) + 1 :])
                if known is not None:
                    return (source,), known
        return None

    def _bare(self, name: str) -> tuple[tuple[Source, ...], Field] | None:
        if name in self.shared:
            return self.sources, self.shared[name]
        period = _PERIOD.fullmatch(name)
        wanted = period[2] if period else name
        daily = [source for source in self.sources if source.period is not None and wanted in source.fields]
        if period:
            daily = [source for source in daily if source.period == int(period[1])]
        if not daily or wanted not in _GRAIN or (wanted == "date" and not period):
            return None
        return tuple(daily), daily[0].fields[wanted]

    def _expression(self, sources: tuple[Source, ...], known: Field) -> Expression:
        self.used |= {(source.alias, known.id) for source in sources}
        values = [known.sql.format(s=source.alias) for source in sources]
        sql = values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
        return Expression(sql, known.of, multiple=known.multiple)


class _Columns(dict[str, str]):
    """Names a metric's columns, each within the metric's own filter, and notes which it named."""

    def __init__(self, alias: str, keep: str) -> None:
        super().__init__()
        self._alias = alias
        self._keep = keep
        self.given: list[str] = []

    def __missing__(self, name: str) -> str:
        self.given.append(name)
        column = f"{self._alias}.{name}"
        return f"CASE WHEN {self._keep} THEN {column} END" if self._keep else column


def _split_index(name: str) -> tuple[str, int | None]:
    indexed = _INDEXED.fullmatch(name)
    return (indexed[1], int(indexed[2])) if indexed else (name, None)
