"""BQL over a list of rows, in plain Python: a second opinion that shares nothing with the emulator.

A row is a dict of field ids without their collection. A missing value is None, and a comparison with it is None,
neither true nor false, as in SQL.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = dict[str, Any]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "between": lambda a, b: b[0] <= a <= b[1],
    "contains": lambda a, b: b in a,
    "starts": lambda a, b: a.startswith(b),
    "ends": lambda a, b: a.endswith(b),
    "re": lambda a, b: re.search(b, a) is not None,
    "with_children": lambda a, b: a == b or a.startswith(b + "/"),
    "without_children": lambda a, b: a == b,
    "only_children": lambda a, b: a.startswith(b + "/"),
}


def evaluate(query: Any, rows: Sequence[Row], prefix: str) -> list[list[Any]]:
    """The rows that a query of one crawl gives, in order."""
    return _Query(query, prefix).result(rows)


class _Query:
    def __init__(self, query: Any, prefix: str) -> None:
        self._query = query
        self._prefix = prefix

    def result(self, rows: Sequence[Row]) -> list[list[Any]]:
        kept = [row for row in rows if self._holds(self._query.get("filters"), row)]
        dimensions = self._query["dimensions"]
        kept = [row for row in kept if all(self._band(node, row) is not None for node in dimensions if _ranged(node))]
        if self._query["metrics"] or not any(self._is_url(node) for node in dimensions):
            found = self._groups(kept)
        else:
            found = [[self._dimension(node, row) for node in dimensions] for row in kept]
        post = self._query.get("post_filters")
        found = [row for row in found if post is None or self._passes(post, row)]
        return [self._shown(row) for row in self._sorted(found)]

    def _is_url(self, node: Any) -> bool:
        name = node.get("field") if isinstance(node, dict) and "ranges" not in node else node
        return bool(name == f"{self._prefix}url")

    def _groups(self, rows: Sequence[Row]) -> list[list[Any]]:
        dimensions, metrics = self._query["dimensions"], self._query["metrics"]
        groups: dict[str, tuple[list[Any], list[Row]]] = {}
        for row in rows:
            key = [self._dimension(node, row) for node in dimensions]
            groups.setdefault(repr(key), (key, []))[1].append(row)
        if not dimensions:
            groups = {"": ([], list(rows))}
        found = [key + [self._metric(node, members) for node in metrics] for key, members in groups.values()]
        return sorted(found, key=lambda row: [_sortable(value) for value in row[: len(dimensions)]])

    def _sorted(self, rows: list[list[Any]]) -> list[list[Any]]:
        for key in reversed(self._query.get("sort", [])):
            node: Any = {"index": key} if isinstance(key, int) else key
            index = node["index"] + (len(self._query["dimensions"]) if node.get("type") == "metrics" else 0)
            rows.sort(key=partial(_by_column, index), reverse=node.get("order") == "desc")
        return rows

    def _shown(self, row: list[Any]) -> list[Any]:
        nodes = self._query["dimensions"]
        bands = [node["ranges"][value] if _ranged(node) else value for node, value in zip(nodes, row, strict=False)]
        return bands + row[len(nodes) :]

    def _dimension(self, node: Any, row: Row) -> Any:
        return self._band(node, row) if _ranged(node) else self.value(node, row)

    def _band(self, node: Any, row: Row) -> int | None:
        value = self.value(node["field"], row)
        for index, band in enumerate(node["ranges"]):
            if value is not None and band.get("from", value) <= value and ("to" not in band or value < band["to"]):
                return index
        return None

    def _passes(self, node: Any, row: list[Any]) -> bool:
        """A condition on the last metric, which is the count of URLs."""
        return COMPARE[node["predicate"]](row[-1], node["value"])

    def value(self, node: Any, row: Row) -> Any:
        if isinstance(node, str):
            return self._field(node, row)
        if not isinstance(node, dict):
            return node
        if "field" in node:
            return self._field(node["field"], row)
        if "literal" in node:
            return node["literal"]
        return _call(node["function"], [self.value(arg, row) for arg in node["args"]])

    def _field(self, name: str, row: Row) -> Any:
        plain = name.removeprefix(self._prefix)
        if not plain.endswith("]"):
            return row[plain]
        field, _, index = plain[:-1].partition("[")
        items = row[field]
        return items[int(index)] if items is not None and int(index) < len(items) else None

    def _holds(self, node: Any, row: Row) -> bool:
        return node is None or self._truth(node, row) is True

    def _truth(self, node: Any, row: Row) -> bool | None:
        if "and" in node:
            return _all([self._truth(part, row) for part in node["and"]])
        if "or" in node:
            return _not(_all([_not(self._truth(part, row)) for part in node["or"]]))
        if "not" in node:
            return _not(self._truth(node["not"], row))
        return _leaf(self.value(node["field"], row), node.get("predicate", "eq"), node.get("value"))

    def _metric(self, node: Any, rows: Sequence[Row]) -> Any:
        if isinstance(node, str):
            return len(rows)
        kept = [row for row in rows if self._holds(node.get("filters"), row)]
        if "field" in node:
            return len(kept)
        name, args = (node["function"], node["args"]) if "function" in node else next(iter(node.items()))
        args = args if isinstance(args, list) else [args]
        return _aggregate(name, [[self.value(arg, row) for arg in args] for row in kept])


def _leaf(value: Any, predicate: str, wanted: Any) -> bool | None:
    quantifier, _, plain = predicate.rpartition(".")
    if plain == "exists":
        return bool(value) if isinstance(value, list) else value is not None
    if value is None:
        return None
    if quantifier:
        return (any if quantifier == "any" else all)(COMPARE[plain](item, wanted) for item in value)
    return COMPARE[plain](value, wanted)


def _aggregate(name: str, values: list[list[Any]]) -> Any:
    first = [args[0] for args in values]
    known = [value for value in first if value is not None]
    if name == "weighted_avg":
        pairs = [(value, weight) for value, weight in values if value is not None and weight is not None]
        weights = [weight for _, weight in values if weight is not None]
        return sum(value * weight for value, weight in pairs) / sum(weights) if pairs and sum(weights) else None
    if name.startswith("count"):
        return _counted(name, first, known, values)
    if not known:
        return None
    calculations: dict[str, Callable[[list[Any]], Any]] = {"sum": sum, "min": min, "max": max}
    return calculations[name](known) if name in calculations else sum(known) / len(known)


def _counted(name: str, first: list[Any], known: list[Any], values: list[list[Any]]) -> int:
    what = name.removeprefix("count").removeprefix("_")
    if what in ("distinct", "distinct_approx"):
        return len(set(known))
    if what == "null":
        return len(first) - len(known)
    if what in ("true", "false"):
        return sum(value is (what == "true") for value in first)
    if what:
        return sum(COMPARE[what](value, wanted) for value, wanted in values if value is not None)
    return len(known)


def _call(name: str, args: list[Any]) -> Any:
    if name in _WITH_MISSING:
        return _WITH_MISSING[name](args)
    if any(arg is None for arg in args):
        return None
    if name in COMPARE:
        return COMPARE[name](*args)
    return _FUNCTIONS[name](*args)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _divided(value: Any, *others: Any) -> Any:
    for other in others:
        if value is None or other == 0:
            return None
        value /= other
    return value


def _week_start(text: str) -> str:
    day = _moment(text).date()
    return (day - timedelta(days=day.weekday())).isoformat()


_WITH_MISSING: dict[str, Callable[[list[Any]], Any]] = {
    "and": lambda args: _all(args),  # noqa: PLW0108 - defined below
    "or": lambda args: _not(_all([_not(arg) for arg in args])),
    "exists": lambda args: args[0] is not None,
    "not_exists": lambda args: args[0] is None,
    "if": lambda args: args[1] if args[0] is True else args[2],
    "if_not_exists": lambda args: args[1] if args[0] is None else args[0],
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": lambda value: not value,
    "add": lambda *args: sum(args),
    "sub": lambda value, *others: value - sum(others),
    "mul": lambda value, other: value * other,
    "div": _divided,
    "concat": lambda *args: "".join(map(str, args)),
    "first": lambda items: items[0] if items else None,
    "http_code_family": lambda code: f"{code // 100}xx" if 100 <= code <= 599 else "exx",
    "http_code_quality": lambda code: "good" if code in (200, 304) else "bad",
    "date": lambda text: _moment(text).date().isoformat(),
    "year": lambda text: _moment(text).year,
    "month": lambda text: _moment(text).month,
    "year_month": lambda text: _moment(text).strftime("%Y-%m"),
    "first_day_of_month": lambda text: date(_moment(text).year, _moment(text).month, 1).isoformat(),
    "first_day_of_week": _week_start,
    "year_week_number_starting_monday": lambda text: _moment(text).strftime("%Y-%W"),
    "year_week_number_starting_sunday": lambda text: _moment(text).strftime("%Y-%U"),
}


def _ranged(node: Any) -> bool:
    return isinstance(node, dict) and "ranges" in node


def _all(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _by_column(index: int, row: list[Any]) -> Any:
    return _sortable(row[index])


def _sortable(value: Any) -> Any:
    """Missing values are the smallest."""
    return (value is not None, value)
