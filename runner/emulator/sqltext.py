"""Putting SQL clauses together. What is put together is text of ours; values of a request travel as parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def select(columns: Iterable[str], source: str, *clauses: str) -> str:
    """A SELECT statement; empty clauses are left out."""
    return " ".join(["SELECT", ", ".join(columns), "FROM", source, *(clause for clause in clauses if clause)])


def nested(statement: str, alias: str = "") -> str:
    """A statement as the source of another."""
    return f"({statement}) {alias}".rstrip()


def quoted(text: str) -> str:
    """A string of ours as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Strings of ours as an SQL list."""
    return "[" + ", ".join(quoted(text) for text in texts) + "]"
