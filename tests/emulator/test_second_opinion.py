"""A thousand random queries: the emulator's SQL and a plain Python evaluation must agree on every row."""

from __future__ import annotations

import math
import os
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.client import crawl_query
from tests.emulator.plain import Row, evaluate
from tests.emulator.queries import FIELDS, Queries

if TYPE_CHECKING:
    from tests.emulator.client import Api

SLUG = "20240101"
PREFIX = f"crawl.{SLUG}."
# For a longer look at other queries: BQLRUN_QUERIES=5000 BQLRUN_SEED=2 pytest tests/emulator/test_second_opinion.py
QUERIES = int(os.environ.get("BQLRUN_QUERIES", "250"))
SEED = int(os.environ.get("BQLRUN_SEED", "1"))


def all_rows(api: Api) -> list[Row]:
    found = api.rows(crawl_query(SLUG, *FIELDS), size=2000)
    return [dict(zip(FIELDS, row, strict=True)) for row in found]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


@pytest.mark.parametrize("part", range(4))
def test_the_database_and_plain_python_agree(small: Api, part: int) -> None:
    rows = all_rows(small)
    assert len(rows) == 273
    queries = Queries(rows, PREFIX, Random(SEED * 10 + part))  # noqa: S311 - repeatable, and no secret
    empty = 0
    for _ in range(QUERIES):
        query = queries.query()
        answered = small.rows({"collections": [f"crawl.{SLUG}"], "query": query}, size=2000)
        expected = evaluate(query, rows, PREFIX)
        assert len(answered) == len(expected), query
        for ours, theirs in zip(answered, expected, strict=True):
            assert all(map(same, ours, theirs)), (query, ours, theirs)
        empty += not answered
    assert empty < QUERIES / 3, "most queries find something"
