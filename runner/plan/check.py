"""A query is tried before it is paid for; where the API refuses it, the real fields say what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql.fieldcheck import field_mistakes
from runner.errors import ApiRefused, PlanRefused

if TYPE_CHECKING:
    from runner.bql.request import Request
    from runner.plan.crawls import ProjectCrawls

_BAD_REQUEST = 400


async def try_query(request: Request, crawls: ProjectCrawls) -> None:
    """Ask for one row, which costs nothing: a job with a wrong query would only be FAILED, and say nothing (B2, E3)."""
    try:
        await crawls.first_row(request, count=False)
    except ApiRefused as refused:
        await explain(refused, request, crawls)
        raise


async def explain(refused: ApiRefused, request: Request, crawls: ProjectCrawls) -> None:
    """Raise PlanRefused, which names the field and what was perhaps meant, where that is what was refused."""
    if refused.status != _BAD_REQUEST:
        return
    known = {each: fields for each in request.collections if (fields := await crawls.fields(each)) is not None}
    lists = {each: {name: field.multiple for name, field in fields.items()} for each, fields in known.items()}
    mistakes = field_mistakes(request, lists)
    if mistakes:
        raise PlanRefused("; ".join(mistakes), f"the API says: {refused.detail or refused.message}") from refused
