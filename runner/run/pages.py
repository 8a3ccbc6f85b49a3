"""`mode: list`: an export's rows fetched page by page from `/query`, with no job and at no cost."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from runner.errors import ExportError
from runner.files import listed
from runner.jsonvalue import digest
from runner.plan.ask import LIST_ROWS, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.botify.answers import QueryPage, Row
    from runner.botify.client import Botify
    from runner.bql.request import Request
    from runner.files.work import Column

# The most that one page has (botify-api.md, Limits); a server that gives fewer gives more pages.
PAGE = 2_000
READINGS = 3


class _Reading:
    """One reading of all pages; `whole` tells whether they fit together."""

    def __init__(self, request: Request) -> None:
        self.rows = 0
        self._counts: set[int] = set()
        self._seen: set[str] = set()
        self._repeated = False
        # Where rows have an address, no two are the same.
        self._distinct = any(field_id.rpartition(".")[2] == "url" for field_id, _ in request.columns)

    def take(self, page: QueryPage) -> None:
        self.rows += len(page.rows)
        self._counts |= set() if page.count is None else {page.count}
        if self._distinct:
            found = {digest([*row.dimensions, *row.metrics]) for row in page.rows}
            self._repeated = self._repeated or bool(found & self._seen)
            self._seen |= found

    @property
    def whole(self) -> bool:
        """Whether every page counts as many rows as came, and none came twice: else something moved in between."""
        return self._counts <= {self.rows} and not self._repeated


async def fetch_pages(api: Botify, request: Request, columns: Sequence[Column], raw: Path) -> int:
    """Write all rows to `raw`, as a complete download would be; returns how many there are.

    Raises ExportError where they change faster than they can be read.
    """
    for _ in range(READINGS):
        reading = _Reading(request)
        listed.begin(raw, columns)
        for number in count(1):
            page = await rows_of(api, request, page=number, size=PAGE)
            reading.take(page)
            _refuse_more_than_allowed(reading.rows)
            listed.add(raw, [_values(row) for row in page.rows])
            if not page.more or not page.rows:
                break
        if reading.whole:
            listed.finish(raw)
            return reading.rows
    raise ExportError(f"its rows changed from page to page, {READINGS} times over", "run again, or use `mode: export`")


def _values(row: Row) -> list[object]:
    return [*row.dimensions, *row.metrics]


def _refuse_more_than_allowed(rows: int) -> None:
    if rows > LIST_ROWS:
        raise ExportError(f"it has more than {LIST_ROWS:,} rows, all that `mode: list` takes", "use `mode: export`")
