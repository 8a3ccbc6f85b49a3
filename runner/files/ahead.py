"""Let one stage of a pipeline run ahead of the next in a thread of its own: inflating, checking, writing side by side.

It pays because inflating, hashing and writing let go of Python's lock.
"""

from __future__ import annotations

import threading
from queue import Full, Queue
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Generator

# Blocks that wait between two stages: enough to even out their pace, and all the memory that a stage costs.
_WAITING = 2

# A block, an error that ended the making, or None at the end.
_Made: TypeAlias = "bytes | BaseException | None"


def ahead(blocks: Generator[bytes]) -> Generator[bytes]:
    """The same blocks and the same errors, made in another thread while the caller works on the ones before.

    The thread has ended, and `blocks` is closed, when this is at its end, has failed or is closed.
    """
    made: Queue[_Made] = Queue(_WAITING)
    unwanted = threading.Event()
    maker = threading.Thread(target=_make, args=(blocks, made, unwanted), name="ahead", daemon=True)
    maker.start()
    try:
        while isinstance(block := made.get(), bytes):
            yield block
        if block is not None:
            raise block
    finally:
        unwanted.set()
        maker.join()


def _make(blocks: Generator[bytes], made: Queue[_Made], unwanted: threading.Event) -> None:
    end: BaseException | None = None
    try:
        for block in blocks:
            if not _put(made, block, unwanted):
                break
    except BaseException as error:  # noqa: BLE001  whatever it is, it is answered in the caller's thread
        end = error
    blocks.close()
    _put(made, end, unwanted)


def _put(made: Queue[_Made], item: _Made, unwanted: threading.Event) -> bool:
    """False where nobody waits for the item any more."""
    while not unwanted.is_set():
        try:
            made.put(item, timeout=0.05)
            return True
        except Full:
            continue
    return False
