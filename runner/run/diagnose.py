"""Why a job failed: jobs say nothing about it, and the same query at /query says a lot (botify-api.md, B2 and E3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import ApiError, ApiRefused
from runner.plan.ask import rows_of

if TYPE_CHECKING:
    from runner.botify.client import Botify
    from runner.plan.model import Wanted


async def why_failed(api: Botify, wanted: Wanted) -> str:
    """What the export's own query answers when it is asked for one row; costs nothing."""
    try:
        await rows_of(api, wanted.request, count=False)
    except ApiRefused as refused:
        return f"asked for one row, its query is refused: {refused.message}"
    except ApiError as error:
        return f"asked for one row, its query could not be answered either: {error.message}"
    return "asked for one row, its query is answered: the job may do better another time"
