"""A table in shares, several of which can be read at once: each is a pipe of whole records, and nothing is copied."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLOCK = 1 << 20
# How long until one looks again whether a pipe is being read, in seconds.
_PAUSE = 0.002

# A pipe, and which bytes of the table go through it.
_Share: TypeAlias = tuple[Path, int, int]


@contextmanager
def shares(table: Path, borders: Sequence[int], readers: int) -> Iterator[list[str]]:
    """Pipes that give the table one after the other, cut at `borders`, for so many readers that open each once.

    What is not read is let go of at the end. Raises OSError there if the table could not be read.
    """
    cuts = [*pairwise((0, *borders, table.stat().st_size))]
    with TemporaryDirectory(prefix="bqlrun-") as folder:
        waiting: SimpleQueue[_Share] = SimpleQueue()
        pipes = [Path(folder) / f"{number:06}" for number in range(len(cuts))]
        for pipe, (first, end) in zip(pipes, cuts, strict=True):
            os.mkfifo(pipe)
            waiting.put((pipe, first, end))
        unwanted, failures = threading.Event(), list[OSError]()
        feeders = [
            threading.Thread(target=_feed, args=(table, waiting, unwanted, failures), name="share", daemon=True)
            for _ in range(readers + 1)
        ]
        for feeder in feeders:
            feeder.start()
        try:
            yield [*map(str, pipes)]
        finally:
            unwanted.set()
            for feeder in feeders:
                feeder.join()
        if failures:
            raise failures[0]


def _feed(table: Path, waiting: SimpleQueue[_Share], unwanted: threading.Event, failures: list[OSError]) -> None:
    """Fill one pipe after the other. After a failure the next ones too: who reads them would wait for ever."""
    with suppress(Empty):
        while not unwanted.is_set():
            try:
                _fill(table, waiting.get_nowait(), unwanted)
            except BrokenPipeError:
                continue
            except OSError as error:
                failures.append(error)


def _fill(table: Path, share: _Share, unwanted: threading.Event) -> None:
    pipe, at, end = share
    target = _opened(pipe, unwanted)
    if target is None:
        return
    try:
        with table.open("rb") as source:
            while at < end and (sent := os.sendfile(target, source.fileno(), at, min(end - at, _BLOCK))):
                at += sent
    finally:
        os.close(target)


def _opened(pipe: Path, unwanted: threading.Event) -> int | None:
    """The pipe's end for writing once somebody reads it; None where nobody will."""
    while not unwanted.is_set():
        try:
            target = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(_PAUSE)
            continue
        os.set_blocking(target, True)
        _widen(target)
        return target
    return None


def _widen(pipe: int) -> None:
    """Let a whole block wait in a pipe where the system can: reader and feeder take turns sixteen times less often."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _BLOCK)
