"""`output.current`: a stable name for the newest finished file, which never goes back to an older one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from runner.botify.slugs import newest_slugs_first
from runner.errors import BqlrunError, ManifestUnreadable, UsageError
from runner.files.destination import destination_of, reach
from runner.files.location import name_of
from runner.files.manifest import manifest_path, read_manifest, write_manifest
from runner.jsonvalue import digest
from runner.plan.paths import current_path
from runner.run.derive import alone_with, is_there, made_already, note
from runner.run.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.plan.model import Wanted
    from runner.run.events import Listener
    from runner.run.outcome import Outcome
    from runner.state.exports import ExportRecord
    from runner.state.store import State


class Currents:
    """Keeps the stable names of a run's exports; `taken` are the paths that its command writes."""

    def __init__(self, state: State, tell: Listener, stopped: Callable[[], bool], taken: dict[str, str]) -> None:
        self._state = state
        self._tell = tell
        self._stopped = stopped
        self._taken = taken
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def keep(self, outcome: Outcome) -> Outcome:
        """Put the file of a finished export under its stable name, unless a newer crawl's file is there."""
        wanted, record = outcome.planned.wanted, outcome.record
        if outcome.status != "done" or wanted is None or record is None or wanted.asked.export.output.current is None:
            return outcome
        try:
            path = current_path(wanted.spec, wanted.asked) or ""
            async with self._locks[path]:
                await self._keep(path, wanted, record, outcome.planned.name)
        except BqlrunError as error:
            self._tell(Event("failed", outcome.planned.name, str(error)))
            return replace(outcome, status="failed", error=error)
        return outcome

    async def _keep(self, path: str, wanted: Wanted, record: ExportRecord, name: str) -> None:
        self._only_one_export(path, record)
        source = digest([record.analysis, record.sha256])
        if await made_already(self._state, path, source) or not await is_there(record.path):
            return
        async with alone_with(self._state, path, self._tell):
            root = wanted.asked.export.output.dir
            if await reach(path, partial(_place, record, path, root, self._stopped)):
                await note(self._state, path, source, record.rows or 0, record.sha256 or "")
                self._tell(Event("current", name, f"is now {path}"))

    def _only_one_export(self, path: str, record: ExportRecord) -> None:
        """The crawls of one export share a stable name. Two exports must not: they would replace each other's file."""
        mine = f"the `current` of {record.org}/{record.project}:{record.export}"
        other = self._taken.setdefault(path.casefold(), mine)
        if other != mine:
            raise UsageError(f"{path} is also the path of {other}", "tell them apart in `output.current`")


def _place(record: ExportRecord, current: str, root: str, stopped: Callable[[], bool]) -> bool:
    """Put the file there with its manifest; False where a newer crawl's is there."""
    destination = destination_of(current)
    with destination.alone(current, root):
        if _holds_newer(current, record):
            return False
        manifest = read_manifest(manifest_path(record.path))
        destination.twin(record.path, current, root, stopped)
        write_manifest(current, replace(manifest, file=name_of(current), role="current"))
        return True


def _holds_newer(current: str, record: ExportRecord) -> bool:
    """Whether a newer crawl of the same export has the name. A file whose manifest cannot be read is replaced."""
    try:
        held = read_manifest(manifest_path(current))
    except ManifestUnreadable:
        return False
    same = (held.org, held.project, held.export) == (record.org, record.project, record.export)
    newer = newest_slugs_first([held.analysis, record.analysis])[0] != record.analysis
    return same and newer and destination_of(current).stamp(current) is not None
