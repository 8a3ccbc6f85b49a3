"""Begin to unpack and check a large file while it still arrives: the two take no longer than the slower one."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from runner.errors import ArchiveError
from runner.files.arriving import Arriving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


class Early(Generic[T]):
    """Watches one download, and begins the work when `least` bytes of it are there; less is not worth a thread.

    A download that starts over takes what was worked on with it: the work is then left to the caller. A context
    manager: nothing is at work when it is left.
    """

    def __init__(self, raw: Path, least: int, work: Callable[[Arriving], T]) -> None:
        self._arriving = Arriving(raw)
        self._least, self._work = least, work
        self._outcome: Future[T] | None = None
        self._lost = False

    def __enter__(self) -> Early[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self._abandon()

    def grew(self, there: int, announced: int | None) -> None:
        """More has come. Raises ArchiveError where what came is no good: the rest need not come."""
        self._arriving.grew(there, announced)
        if self._outcome is None and there >= self._least and not self._lost:
            self._outcome = Future()
            threading.Thread(target=self._run, args=(self._outcome,), name="early", daemon=True).start()
        elif self._outcome and self._outcome.done() and isinstance(error := self._outcome.exception(), ArchiveError):
            raise error

    def lost(self) -> None:
        """What has come is thrown away."""
        if self._outcome:
            self._abandon()
            self._outcome, self._lost = None, True

    def result(self) -> T | None:
        """The download is complete: what came of the work, or what it raised; None where it did not begin."""
        if self._outcome is None:
            return None
        self._arriving.end()
        return self._outcome.result()

    def _run(self, outcome: Future[T]) -> None:
        try:
            outcome.set_result(self._work(self._arriving))
        except BaseException as error:  # noqa: BLE001  whatever it is, it is answered in the caller's thread
            outcome.set_exception(error)

    def _abandon(self) -> None:
        self._arriving.abandon()
        if self._outcome:
            with suppress(Exception):
                self._outcome.result()
