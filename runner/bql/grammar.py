"""What BQL knows: a rendered query is checked against its schema before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.schemacheck import violations

if TYPE_CHECKING:
    from runner.jsonvalue import JsonValue


def check_query(query: JsonValue, *, older: bool = False) -> list[str]:
    """What is wrong with a rendered query, each with the path to it; empty where nothing is. `older` is BQLv1."""
    return [f"{_path(each.path)}: {each.message}" for each in violations("query-v1" if older else "query", query)]


def _path(path: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in path) or "the query"
