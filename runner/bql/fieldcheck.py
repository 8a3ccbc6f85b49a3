"""What is wrong with the fields of a query that the API refuses: names that no collection has, lists without a url."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.bql import fields
from runner.near import near

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.bql.request import Request
    from runner.jsonvalue import JsonObject, JsonValue

    # Of each collection that could be read: its fields' ids, and whether each holds lists.
    Known = Mapping[str, Mapping[str, bool]]

_PERIOD = re.compile(r"period_\d+\.")
_NEAREST = 3


def field_mistakes(request: Request, known: Known) -> list[str]:
    """Each mistake in words, with what was perhaps meant. What nobody could read is not judged."""
    return [*_unknown(request, known), *_lists_without_url(request, known)]


def _unknown(request: Request, known: Known) -> Iterator[str]:
    for field_id in dict.fromkeys(fields_named(request.query)):
        full = field_id if request.query.get("collections") else f"{request.collections[0]}.{field_id}"
        place = _place(full, request, known)
        if place and place[1] not in known[place[0]]:
            shown = fields.slug(full, request.collections)
            yield f"unknown field {shown}: {place[0]} has none of that name{_near(place[1], known[place[0]])}"


def _lists_without_url(request: Request, known: Known) -> Iterator[str]:
    """A list may only be a column beside the url: else nobody could tell what a row is about (B6)."""
    columns = [field_id for field_id, _ in request.columns]
    if any(fields.slug(each, request.collections).rpartition(".")[2] == "url" for each in columns):
        return
    for field_id in columns:
        place = _place(field_id, request, known)
        if place and known[place[0]].get(place[1]) and "[" not in field_id:
            shown = fields.slug(field_id, request.collections)
            yield f"{shown} holds lists, and needs `url` among the fields; {shown}[0] is the first of each list"


def _place(field_id: str, request: Request, known: Known) -> tuple[str, str] | None:
    """The collection that a full id names, and the field's own id; None where that collection could not be read."""
    for collection in request.collections:
        if field_id.startswith(f"{collection}.") and collection in known:
            return collection, _PERIOD.sub("", field_id.removeprefix(f"{collection}."), count=1).partition("[")[0]
    return None


def _near(name: str, candidates: Mapping[str, bool]) -> str:
    meant = near(name, candidates, most=_NEAREST)
    last = name.rpartition(".")[2]
    meant += [each for each in candidates if last in each.split(".") and each not in meant]
    return f"; did you mean {' or '.join(meant[:_NEAREST])}?" if meant else ""


def fields_named(query: JsonObject) -> Iterator[str]:
    """Every field that a query names, of either grammar, in the order of its columns, filters and sort."""
    inner: JsonObject = query.get("query", query)
    for column in (*inner.get("dimensions", ()), *inner.get("metrics", ()), *inner.get("fields", ())):
        yield from _of_column(column)
    for part in ("filters", "post_filters"):
        yield from _of_filter(inner.get(part))
    for key in inner.get("sort") or ():
        yield from _of_sort(key)


def _of_column(column: JsonValue) -> Iterator[str]:
    """A string names a field wherever a column has one; a text that is meant as text is a literal (A4, Functions)."""
    if isinstance(column, str):
        yield column
    elif isinstance(column, dict) and "literal" not in column:
        if "field" in column:
            yield from _of_column(column["field"])
        elif "function" in column:
            for argument in column.get("args", ()):
                yield from _of_column(argument)
        else:
            yield from (value for key, value in column.items() if key != "name" and isinstance(value, str))
        yield from _of_filter(column.get("filters"))


def _of_filter(tree: JsonValue) -> Iterator[str]:
    if isinstance(tree, list):
        for child in tree:
            yield from _of_filter(child)
    elif isinstance(tree, dict):
        if "field" in tree:
            yield from _of_column(tree["field"])
        else:
            yield from _of_filter([value for value in tree.values() if isinstance(value, dict | list)])


def _of_sort(key: JsonValue) -> Iterator[str]:
    if isinstance(key, str):
        yield key
    elif isinstance(key, dict) and "index" not in key:
        yield key["field"] if isinstance(key.get("field"), str) else next(iter(key))
