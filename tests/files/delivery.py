"""One whole delivery, from address to manifest, in this process or in one that may be killed at any of its effects.

Run as a program it waits for orders, and forks for each: that takes milliseconds, where a fresh Python takes many more.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from runner.botify.download import open_download
from runner.files import durable, fetch, prepare
from runner.files.manifest import Manifest, write_manifest
from runner.files.place import place
from runner.files.work import FileWork
from runner.seam import observe
from tests.files.tables import COLUMNS, HASTY

if TYPE_CHECKING:
    from runner.files.work import Receipt
    from runner.seam import Kind

RAW, FINAL = Path("work/job.raw"), Path("out/org/project/file.csv")


def deliver(folder: Path, url: str) -> Receipt:
    """Fetch, check, place and note one file, as a run does."""
    work = FileWork("site:export", url, folder / RAW, folder / "work/file.staged", COLUMNS)
    receipt = prepare.prepare(work, open_download, patience=HASTY)
    place(receipt.staged, folder / FINAL, folder / "out")
    write_manifest(str(folder / FINAL), noted(receipt))
    return receipt


def noted(receipt: Receipt) -> Manifest:
    """The same manifest for the same file."""
    return Manifest(
        **dict.fromkeys("version spec api org project analysis export fingerprint style finished_at".split(), "same"),
        file=FINAL.name,
        partition=None,
        job_ids=("1",),
        payload={},
        columns=("url", "title"),
        provisional=False,
        rows=receipt.rows,
        bytes=receipt.bytes,
        sha256=receipt.sha256,
    )


def in_small_steps() -> None:
    """Have a small file go through every step of a large one: many blocks, several threads, syncs on the way."""
    fetch._BLOCK = 300
    prepare._SMALL = 0
    durable._EARLY = 300


class Killer:
    """Ends this process, as kill -9 does, before or after its effect number `at`; effects happen in several threads."""

    def __init__(self, at: int, moment: str) -> None:
        self._numbers = itertools.count(1)
        self._current = threading.local()
        self._at = at
        self._moment = moment

    def before(self, _kind: Kind, _subject: str) -> None:
        self._current.number = next(self._numbers)
        self._strike("before")

    def after(self, _kind: Kind, _subject: str) -> None:
        self._strike("after")

    def _strike(self, moment: str) -> None:
        if self._current.number == self._at and moment == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)


def _obey(order: str) -> None:
    """Do one delivery in a process of its own, and say how that ended."""
    folder, url, at, moment = json.loads(order)
    child = os.fork()
    if not child:
        observe(Killer(at, moment))
        deliver(Path(folder), url)
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    in_small_steps()
    for line in sys.stdin:
        _obey(line)
