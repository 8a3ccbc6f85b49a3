"""Rows asked for instead of a job: of `/query`, or of a list where the export is in BQLv1. They cost nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.botify.answers import QueryPage
    from runner.botify.client import Botify
    from runner.bql.request import Request


# What `mode: list` takes: five pages at the documented most of 2,000 rows, a second of an account's pace.
LIST_ROWS = 10_000


async def rows_of(api: Botify, request: Request, *, page: int = 1, size: int = 1, count: bool = True) -> QueryPage:
    """One page of the rows that a request asks for, with their number in all where the API says it."""
    org, project = request.payload["username"], request.payload["project"]
    if request.list_address:
        return await api.listed(org, request.list_address, request.query, page=page, size=size)
    return await api.query(org, project, request.query, page=page, size=size, count=count)
