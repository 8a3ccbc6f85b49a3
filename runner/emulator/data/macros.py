"""SQL macros that the generated data is made of: a stable hash, a choice from a list, a page's address.

The hash is spelled out in integer arithmetic because DuckDB's own may change between versions, and files must not.
Macros take text of ours only: nothing of a request or a config reaches this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.data import words
from runner.emulator.sqltext import listed

if TYPE_CHECKING:
    from collections.abc import Sequence


def chosen(texts: Sequence[str], number: str) -> str:
    """The SQL expression that picks one of the texts by a number."""
    return f"{listed(texts)}[1 + ({number}) % {len(texts)}]"


def _path(key: str) -> str:
    section, number = f"section_of({key})", f"CAST({key} AS VARCHAR)"
    return (
        f"CASE page_type({key}) WHEN 'home' THEN '/'"
        f" WHEN 'pdp' THEN '/' || {section} || '/p-' || {number} || '.html'"
        f" WHEN 'plp' THEN '/' || {section} || '/?page=' || {number}"
        f" WHEN 'category' THEN '/' || {section} || '/c' || {number} || '/'"
        f" WHEN 'article' THEN '/блог/' || {number} ELSE '/search?q=a,b&n=' || {number} END"
    )


MACROS = (
    "CREATE MACRO stir(x, salt) AS (((x + 1) * 2654435761 + CAST(salt AS BIGINT) * 668265263) & 4294967295)",
    "CREATE MACRO mix(x, salt) AS (((xor(stir(x, salt), stir(x, salt) >> 15) * 739982445) & 4294967295) >> 4)",
    f"CREATE MACRO page_type(key) AS CASE WHEN key = 0 THEN 'home' ELSE {chosen(words.PAGE_TYPES, 'mix(key, 1)')} END",
    f"CREATE MACRO section_of(key) AS {chosen(words.SECTIONS, 'mix(key, 2)')}",
    "CREATE MACRO protocol_of(key) AS (CASE WHEN key % 40 = 39 THEN 'http' ELSE 'https' END)",
    "CREATE MACRO mobile(host) AS ('m.' || replace(host, 'www.', ''))",
    "CREATE MACRO host_of(host, key) AS (CASE WHEN key > 0 AND mix(key, 4) % 50 = 0 THEN mobile(host) ELSE host END)",
    f"CREATE MACRO path_of(key) AS ({_path('key')})",
    "CREATE MACRO url_of(host, key) AS (protocol_of(key) || '://' || host_of(host, key) || path_of(key))",
    "CREATE MACRO hundreds(code) AS (CASE WHEN code BETWEEN 100 AND 599 THEN CAST(code // 100 AS TEXT) ELSE 'e' END)",
    "CREATE MACRO http_code_family(code) AS (CASE WHEN code IS NOT NULL THEN hundreds(code) || 'xx' END)",
)
