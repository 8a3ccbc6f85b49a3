"""What is written on a page: titles, descriptions, headings, breadcrumbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.data import words
from runner.emulator.data.macros import chosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.emulator.world import Crawl

READABLE = "http_code = 200"


def content_columns(crawl: Crawl, number: Callable[[int], str]) -> dict[str, str]:
    """Text columns; a page that does not answer 200 has none."""
    odd = words.ODDITIES + (words.HOSTILE if crawl.hostile else ())
    title = _title(odd, number)
    return {
        "metadata.title.content": _unless(f"{number(12)} % 25 = 0", title),
        "metadata.title.quality": _unless("FALSE", f"CASE {number(13)} % 4 WHEN 0 THEN 'duplicate' ELSE 'unique' END"),
        "metadata.description.content": _unless(f"{number(14)} % 5 = 0", _description(number)),
        "metadata.h1.contents": _headings(15, number),
        "metadata.h2.contents": _headings(18, number),
        "metadata.structured.breadcrumb.tree": _unless(
            f"{number(21)} % 3 = 0", "'Home/' || section_of(key) || '/' || page_type(key)"
        ),
        "scoring.issues.title_len": _unless("FALSE", f"{number(12)} % 7 = 0"),
    }


def _unless(missing: str, value: str) -> str:
    return f"CASE WHEN NOT ({READABLE}) OR {missing} THEN NULL ELSE {value} END"


def _title(odd: tuple[str, ...], number: Callable[[int], str]) -> str:
    plain = f"{chosen(words.ADJECTIVES, number(22))} || ' ' || {chosen(words.NOUNS, number(23))}"
    named = f"{plain} || ' no. ' || CAST(key AS VARCHAR)"
    return f"CASE WHEN {number(24)} % 15 = 0 THEN {chosen(odd, number(25))} ELSE {named} END"


def _description(number: Callable[[int], str]) -> str:
    first, second = chosen(words.ADJECTIVES, number(26)), chosen(words.NOUNS, number(27))
    return f"'Everything about ' || {first} || ' ' || {second} || ', with prices, sizes and \"reviews\".'"


def _headings(salt: int, number: Callable[[int], str]) -> str:
    """None, one, two or three headings; a page without any has an empty list."""
    noun = chosen(words.NOUNS, number(salt))
    one = f"{noun} || ' ' || CAST(key % 1000 AS VARCHAR)"
    two = f"{noun}, 'Size 6\", 8\" | ' || section_of(key)"
    return (
        f"CASE WHEN NOT ({READABLE}) THEN NULL WHEN {number(salt + 1)} % 20 < 2 THEN CAST([] AS VARCHAR[])"
        f" WHEN {number(salt + 1)} % 20 < 15 THEN [{one}] WHEN {number(salt + 1)} % 20 < 19 THEN [{two}]"
        f" ELSE [{one}, {two}] END"
    )
