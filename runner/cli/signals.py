"""SIGINT and SIGTERM: what a run still does when it is told to stop."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

    from runner.run.stop import Stop
    from runner.show.progress import Progress


def leave_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    """For a SIGTERM while specs are still read: nothing is under way. Python treats SIGINT so by itself."""
    os.write(2, b"bqlrun: interrupted (run the same command again to go on)\n")
    os._exit(128 + number)


async def heed_signals(stop: Stop, scope: anyio.CancelScope, progress: Progress) -> None:
    """The first signal stops submissions and leaves within seconds; the second leaves at once."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as leaving:
            async for number in signals:
                if stop():
                    os._exit(128 + number)
                stop.signal = number
                progress.say("stopping", "nothing more is submitted; what is in flight is noted")
                leaving.start_soon(_leave_when_settled, stop, scope)


async def _leave_when_settled(stop: Stop, scope: anyio.CancelScope) -> None:
    """Runs as a task of its own, so that a second signal is heard while it waits for the answer to a submission."""
    await stop.settled()
    scope.cancel()
