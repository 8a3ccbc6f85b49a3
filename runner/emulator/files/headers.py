"""What a file calls its columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.emulator.bql.column import Column
    from runner.emulator.files.options import CsvOptions


def header(columns: Sequence[Column], options: CsvOptions) -> list[str]:
    """The header line: a name that the query gives wins over every style."""
    names = [column.name or getattr(column, _STYLES[options.header_format]) for column in columns]
    key = "name" if options.header_format == "verbose" else "slug"
    return [*_extra(options.prepend, key), *names, *_extra(options.append, key)]


def nested_names(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """Where each column's value is in a nested object. Where two would meet, both are called by their full names."""
    times = Counter(column.slug for column in columns)
    slugs = [column.slug if times[column.slug] == 1 else column.full for column in columns]
    taken = {slug + "." for slug in slugs}
    prefixes = {prefix for prefix in taken if any(other != prefix and other.startswith(prefix) for other in taken)}
    return [
        (slug,) if any((slug + ".").startswith(prefix) for prefix in prefixes) else tuple(slug.split("."))
        for slug in slugs
    ]


def _extra(columns: tuple[dict[str, str], ...], key: str) -> list[str]:
    return [column.get(key) or column.get("name") or column.get("slug") or "" for column in columns]


_STYLES = {"verbose": "verbose", "slug": "slug", "collection_slug": "full"}
