"""`output.current`: a stable name for the newest finished file, which never goes back to an older one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from runner.botify.slugs import newest_slugs_first
from runner.errors import BqlrunError, UsageError
from runner.files.manifest import ManifestUnreadable, manifest_path, read_manifest, write_manifest
from runner.files.place import place_twin
from runner.jsonvalue import digest
from runner.plan.paths import current_path
from runner.run.derive import alone_with, is_there, made_already, note
from runner.run.events import Event

if TYPE_CHECKING:
    from runner.plan.model import Wanted
    from runner.run.events import Listener
    from runner.run.outcome import Outcome
    from runner.state.exports import ExportRecord
    from runner.state.store import State


class Currents:
    """Keeps the stable names of a run's exports; `taken` are the paths that its command writes."""

    def __init__(self, state: State, tell: Listener, taken: dict[str, str]) -> None:
        self._state = state
        self._tell = tell
        self._taken = taken
        self._lock = anyio.Lock()

    async def keep(self, outcome: Outcome) -> Outcome:
        """Have the stable name of a finished export hold its file, unless it holds a newer crawl's."""
        wanted, record = outcome.planned.wanted, outcome.record
        if outcome.status != "done" or wanted is None or record is None or wanted.asked.export.output.current is None:
            return outcome
        try:
            async with self._lock:
                await self._keep(wanted, record, outcome.planned.name)
        except BqlrunError as error:
            self._tell(Event("failed", outcome.planned.name, str(error)))
            return replace(outcome, status="failed", error=error)
        return outcome

    async def _keep(self, wanted: Wanted, record: ExportRecord, name: str) -> None:
        path = current_path(wanted.spec, wanted.asked) or ""
        self._only_one_export(path, record)
        source = digest([record.analysis, record.sha256])
        if made_already(self._state, path, source) or not is_there(record.path):
            return
        async with alone_with(self._state, path, self._tell):
            if not _holds_newer(Path(path), record):
                root = Path(wanted.asked.export.output.dir)
                await to_thread.run_sync(_place, Path(record.path), Path(path), root)
                note(self._state, path, source, record.rows or 0, record.sha256 or "")
                self._tell(Event("current", name, f"is now {path}"))

    def _only_one_export(self, path: str, record: ExportRecord) -> None:
        """Crawls of one export share the name; another export with it would take turns with this one."""
        mine = f"the `current` of {record.org}/{record.project}:{record.export}"
        other = self._taken.setdefault(path.casefold(), mine)
        if other != mine:
            raise UsageError(f"{path} is also the path of {other}", "tell them apart in `output.current`")


def _holds_newer(current: Path, record: ExportRecord) -> bool:
    """Whether a newer crawl of the same export has the name. What cannot be told from its manifest is replaced."""
    try:
        held = read_manifest(manifest_path(current))
    except ManifestUnreadable:
        return False
    same = (held.org, held.project, held.export) == (record.org, record.project, record.export)
    newer = newest_slugs_first([held.analysis, record.analysis])[0] != record.analysis
    return same and newer and current.exists()


def _place(source: Path, current: Path, root: Path) -> None:
    manifest = read_manifest(manifest_path(source))
    place_twin(source, current, root)
    write_manifest(current, replace(manifest, file=current.name, role="current"))
