"""Formatters: rows become CSV, JSON, XML or a sitemap, piece by piece."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from runner.emulator.bql.column import plain
from runner.emulator.files.headers import header, nested_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from runner.emulator.bql.column import Column
    from runner.emulator.files.options import CsvOptions
    from runner.emulator.sql import Row
    from runner.emulator.world import Behaviour
    from runner.jsonvalue import JsonValue

    Batches = Iterable[Sequence[Row]]
    Convert = Callable[[JsonValue], JsonValue]


_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# One encoder for all values: making one for each takes longer than its work.
_json = json.JSONEncoder(ensure_ascii=False).encode


def as_csv(columns: Sequence[Column], batches: Batches, options: CsvOptions, behaviour: Behaviour) -> Iterator[str]:
    """CSV: minimal quoting, line feeds, nothing for a missing value, unless it is switched otherwise."""
    buffer = io.StringIO()
    end = "\r\n" if behaviour.line_ends == "crlf" else "\n"
    quoted = csv.writer(buffer, delimiter=options.delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer = csv.writer(buffer, delimiter=options.delimiter, lineterminator=end)
    writer = quoted if behaviour.quoting == "all" else writer
    _begin(buffer, f"sep={options.delimiter}{end}" if options.print_delimiter else "", behaviour)
    if options.print_header:
        writer.writerow(header(columns, options))
    converts = [(index, convert) for index, column in enumerate(columns) if (convert := _written(column, behaviour))]
    before, after = options.constants()
    empty = True
    for batch in batches:
        empty = False
        rows = [_converted(row, converts) for row in batch] if converts else batch
        writer.writerows([[*before, *row, *after] for row in rows] if before or after else rows)
        yield _taken(buffer)
    if not empty or behaviour.empty_result == "header":
        yield _taken(buffer)


def as_json(columns: Sequence[Column], batches: Batches) -> Iterator[str]:
    """One list of objects, nested as the dots of the fields' names say."""
    separator = "["
    for batch in batches:
        yield separator + ",".join(map(_json, nested_rows(columns, batch)))
        separator = ","
    yield "[]" if separator == "[" else "]"


def as_xml(columns: Sequence[Column], batches: Batches) -> Iterator[str]:
    """The same nesting as elements."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<results>'
    for batch in batches:
        yield "".join(f"<result>{_element(row)}</result>" for row in nested_rows(columns, batch))
    yield "</results>\n"


def as_sitemap(columns: Sequence[Column], batches: Batches) -> Iterator[str]:
    """The URLs alone, as search engines read them: the column `url`, or else the first."""
    place = next((index for index, column in enumerate(columns) if column.slug == "url"), 0)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    for batch in batches:
        yield "".join(f"<url><loc>{_element(row[place])}</loc></url>" for row in batch)
    yield "</urlset>\n"


def nested_rows(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[JsonValue]:
    """Rows as objects that are nested as the dots of the fields' names say."""
    names = nested_names(columns)
    return (_nested(names, columns, row) for row in rows)


def _begin(buffer: io.StringIO, delimiter_line: str, behaviour: Behaviour) -> None:
    buffer.write("\ufeff" if behaviour.byte_order_mark else "")
    buffer.write(delimiter_line)


def _written(column: Column, behaviour: Behaviour) -> Convert | None:
    """What makes a column's values what the file has, or None where the CSV writer does it well enough."""
    convert = _text(column, behaviour)
    spaces, null = behaviour.line_breaks_in_values == "spaces", behaviour.missing_values == "word"
    if not spaces and not null:
        return convert

    def written(value: JsonValue) -> JsonValue:
        text = convert(value) if convert else value
        if text is None:
            return "null" if null else None
        return _LINE_BREAK.sub(" ", text) if spaces and isinstance(text, str) else text

    return written


def _text(column: Column, behaviour: Behaviour) -> Convert | None:
    """What makes a column's values text, or None where they are text already or numbers."""
    if column.expression.multiple:
        return _LISTS[behaviour.lists]
    if column.expression.type == "boolean":
        return _title if behaviour.booleans == "title" else _lower
    if column.ranges:
        return lambda value: _json(plain(value, column))
    if column.expression.type in ("date", "datetime"):
        return lambda value: None if value is None else value.isoformat()
    return None


def _converted(row: Row, converts: list[tuple[int, Convert]]) -> list[JsonValue]:
    values = list(row)
    for index, convert in converts:
        values[index] = convert(values[index])
    return values


def _lower(value: JsonValue) -> JsonValue:
    return None if value is None else "true" if value else "false"


def _title(value: JsonValue) -> JsonValue:
    return None if value is None else str(value)


_LISTS: dict[str, Convert] = {
    "json": lambda value: None if value is None else _json(value),
    "python": lambda value: None if value is None else str(value),
    "pipe": lambda value: None if value is None else "|".join(map(str, value)),
}


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _nested(names: Sequence[tuple[str, ...]], columns: Sequence[Column], row: Row) -> JsonValue:
    whole: dict[str, JsonValue] = {}
    for path, column, value in zip(names, columns, row, strict=True):
        place = whole
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = plain(value, column)
    return whole


def _element(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "".join(f"<field name={quoteattr(name)}>{_element(inner)}</field>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{_element(item)}</item>" for item in value)
    return "" if value is None else escape(_lower(value) if isinstance(value, bool) else str(value))
