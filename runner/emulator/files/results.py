"""A finished job's file: made when it is first asked for, the same bytes each time, kept until room is needed."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from runner.emulator.files.archives import PACKERS
from runner.emulator.files.formats import as_csv, as_json, as_sitemap, as_xml
from runner.emulator.files.options import csv_options, formatter, prologue_of
from runner.emulator.scratch import drop_abandoned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runner.emulator.bql.query import Compiled
    from runner.emulator.jobs import Job
    from runner.emulator.sql import Engine
    from runner.emulator.world import Behaviour

_ROOM = 2_000_000_000
_NESTED = {"json": as_json, "xml": as_xml, "sitemap": as_sitemap}


class Results:
    """Makes files into a folder. One at a time: the machine is small, and a second asker wants the same file anyway."""

    def __init__(self, folder: Path, engine: Engine, behaviour: Behaviour) -> None:
        self._folder = folder
        self._engine = engine
        self._behaviour = behaviour
        self._making = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        drop_abandoned(folder)
        self._bytes = sum(path.stat().st_size for path in folder.iterdir())

    def file(self, job: Job, query: Compiled, size: int, kind: str) -> Path:
        """The path of a job's file, packed in that way."""
        path = self._folder / f"{job.secret}.{kind}"
        with self._making:
            if not path.exists():
                if self._bytes > _ROOM:
                    self._make_room()
                self._make(path, job, query, size, kind)
                self._bytes += path.stat().st_size
        return path

    def _make(self, path: Path, job: Job, query: Compiled, size: int, kind: str) -> None:
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        batches = self._engine.batches(*query.page(size, 0))
        name = f"{job.project}.{formatter(job.payload)}"
        with unfinished.open("wb") as out:
            PACKERS[kind]((text.encode() for text in self._text(job, query, batches)), name, out)
        unfinished.replace(path)

    def _text(self, job: Job, query: Compiled, batches: Iterable[list[tuple[object, ...]]]) -> Iterator[str]:
        name = formatter(job.payload)
        if name == "csv":
            options = csv_options(job.payload.get("formatter_config"), prologue_of(job.kind, self._behaviour))
            return as_csv(query.columns, batches, options, self._behaviour)
        return _NESTED[name](query.columns, batches)

    def _make_room(self) -> None:
        """Drop the oldest files where they take too much; whoever reads one keeps it until the end."""
        files = sorted(((path.stat(), path) for path in self._folder.iterdir()), key=lambda found: found[0].st_mtime)
        self._bytes = sum(stat.st_size for stat, _ in files)
        for stat, path in files:
            if self._bytes <= _ROOM:
                return
            self._bytes -= stat.st_size
            path.unlink(missing_ok=True)
