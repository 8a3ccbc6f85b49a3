"""How a run is asked to stop: by a signal, noted once, looked at by everyone who might begin something new."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterator

# After a signal, a submission that is under way gets this long to be answered and noted, in seconds.
GRACE = 3


class Stop:
    """Called, it tells whether to stop; worker threads ask between blocks. `signal` is the one that arrived."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._submitting = 0
        self._idle = anyio.Event()

    def __call__(self) -> bool:
        return self.signal is not None

    @contextmanager
    def submitting(self) -> Iterator[None]:
        """Around the creation of a job: leaving waits for its answer, or the next run would have to look for it."""
        self._submitting += 1
        try:
            yield
        finally:
            self._submitting -= 1
            if self() and not self._submitting:
                self._idle.set()

    async def settled(self) -> None:
        """Wait until no submission is under way, but only as long as a person would wait."""
        if self._submitting:
            with anyio.move_on_after(GRACE):
                await self._idle.wait()
