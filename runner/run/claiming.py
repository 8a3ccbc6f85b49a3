"""One run at a time does a thing; the others on the same state file wait for its claim, or for its process to die."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from runner.run.events import Event, Listener
    from runner.state.store import State

# How often to look whether another process is done, in seconds.
CLAIM_PAUSE = 0.5


@asynccontextmanager
async def claimed(state: State, claims: Sequence[str], tell: Listener, waiting: Event) -> AsyncIterator[None]:
    """Hold claims for a while; `waiting` is told once where they must be waited for."""
    told = False
    while not state.claims.take(*claims):
        if not told:
            tell(waiting)
        told = True
        await anyio.sleep(CLAIM_PAUSE)
    try:
        yield
    finally:
        state.claims.give_up(*claims)
