"""`combine: projects`: one table over all projects, beside their files. It is made again only when a file changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from shutil import rmtree
from typing import TYPE_CHECKING

from anyio import to_thread

from runner import __version__
from runner.errors import BqlrunError
from runner.files.combine import Combination, Part, combine
from runner.files.destination import destination_of, reach
from runner.files.location import name_of
from runner.files.manifest import Manifest, write_manifest
from runner.jsonvalue import digest
from runner.plan.exports import exports_of
from runner.plan.paths import combined_path
from runner.run.derive import alone_with, is_there, made_already, note
from runner.run.events import Event
from runner.run.outcome import Combined
from runner.run.workshop import brought_folder, staged_file
from runner.spec.select import Selection
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from runner.files.work import Receipt
    from runner.plan.model import Wanted
    from runner.run.events import Kind, Listener
    from runner.run.outcome import Outcome
    from runner.run.stop import Stop
    from runner.spec.model import Export, Spec
    from runner.state.derived import DerivedFile
    from runner.state.exports import ExportRecord
    from runner.state.store import State

# The columns that say which project's crawl a row is of.
HEAD = ("org", "project", "analysis")


@dataclass(frozen=True, slots=True)
class _Finished:
    wanted: Wanted
    record: ExportRecord


class Combiner:
    """Makes the tables over all projects of one spec, once its exports have come to their ends."""

    def __init__(self, spec: Spec, state: State, stop: Stop, tell: Listener) -> None:
        self._spec, self._state, self._stop, self._tell = spec, state, stop, tell

    async def combine_all(self, outcomes: Sequence[Outcome], selection: Selection) -> tuple[Combined, ...]:
        """Make each table that the spec wants. Where the selection leaves projects out, the table stays as it is."""
        combined: list[Combined] = []
        for export in self._spec.exports:
            mine = [each for each in outcomes if export.combine and each.planned.export == export.name]
            if not mine:
                continue
            if self._left_out(export, selection):
                path = combined_path(self._spec, export)
                self._tell(Event("skipped", "", f"{path} stays as it is: the selection leaves projects out of it"))
                continue
            combined.append(await self._told(export, mine))
        return tuple(combined)

    def _left_out(self, export: Export, selection: Selection) -> bool:
        def projects(picked: Selection) -> int:
            return sum(export in exports_of(self._spec, each, picked) for each in self._spec.projects)

        return projects(selection) < projects(Selection())

    async def _told(self, export: Export, outcomes: list[Outcome]) -> Combined:
        path = combined_path(self._spec, export)
        missing = tuple(sorted(each.planned.name for each in outcomes if each.status != "done"))
        if missing:
            self._tell(Event("warning", "", f"{path} stays as it is: without {', '.join(missing)}"))
            return Combined(export.name, path, missing=missing)
        try:
            return Combined(export.name, path, await self._made(export, path, outcomes))
        except BqlrunError as error:
            self._tell(Event("failed", "", f"{path}: {error}"))
            return Combined(export.name, path, error=error)

    async def _made(self, export: Export, path: str, outcomes: list[Outcome]) -> DerivedFile | None:
        finished = await _finished(outcomes)
        source = digest([[*_constants(each.record), each.record.sha256, each.record.style] for each in finished])
        made = await made_already(self._state, path, source)
        if made or not finished:
            return made
        gone = [each.record.path for each in finished if not await is_there(each.record.path)]
        if gone:
            self._tell_gone(path, source, gone)
            return None
        async with alone_with(self._state, path, self._tell):
            return await self._build(export, path, source, finished)

    async def _build(self, export: Export, path: str, source: str, finished: Sequence[_Finished]) -> DerivedFile:
        brought = brought_folder(self._state, path)
        try:
            parts = await to_thread.run_sync(partial(_brought, finished, brought, self._stop), abandon_on_cancel=True)
            receipt = await to_thread.run_sync(
                combine, self._combination(export, path, parts), self._stop, abandon_on_cancel=True
            )
        finally:
            rmtree(brought, ignore_errors=True)
        manifest = _manifest(path, source, finished, receipt)
        await reach(path, partial(_place, path, export.output.dir, receipt.staged, manifest, self._stop))
        text = f"{receipt.rows:,} rows in {path}, parts: {len(finished):,}"
        self._tell(Event("combined", "", text, {"rows": receipt.rows, "bytes": receipt.bytes, "path": path}))
        return await note(self._state, path, source, receipt.rows, receipt.sha256)

    def _combination(self, export: Export, path: str, parts: tuple[Part, ...]) -> Combination:
        return Combination(
            parts,
            staged_file(self._state, path),
            HEAD if export.output.header != "none" or export.output.format == "parquet" else None,
            compress=export.output.format == "csv.gz",
            parquet=export.output.format == "parquet",
        )

    def _tell_gone(self, path: str, source: str, gone: list[str]) -> None:
        """Say that files are gone, which `missing: ignore` allows. It is a warning if the table would change."""
        known = self._state.derived.at(path)
        kind: Kind = "skipped" if known and known.source == source else "warning"
        self._tell(Event(kind, "", f"{path} stays as it is: {', '.join(gone)} is gone"))


async def _finished(outcomes: Iterable[Outcome]) -> list[_Finished]:
    """The files that there are, in the order of the table; those that `clean` took away are not missed."""
    finished = [
        _Finished(each.planned.wanted, each.record)
        for each in outcomes
        if each.planned.wanted and each.record and not (each.record.cleaned_at and not await is_there(each.record.path))
    ]
    return sorted(finished, key=lambda each: (each.record.org, each.record.project, each.record.analysis))


def _constants(record: ExportRecord) -> tuple[str, str, str]:
    return record.org, record.project, record.analysis


def _brought(finished: Sequence[_Finished], folder: Path, stopped: Callable[[], bool]) -> tuple[Part, ...]:
    """The parts as files of this machine: what a store holds is fetched into `folder` first."""
    records = [each.record for each in finished]
    return tuple(
        Part(
            destination_of(each.path).bring(each.path, folder / f"{number}-{name_of(each.path)}", stopped),
            _constants(each),
            each.rows or 0,
        )
        for number, each in enumerate(records)
    )


def _place(path: str, root: str, staged: Path, manifest: Manifest, stopped: Callable[[], bool]) -> None:
    destination = destination_of(path)
    with destination.alone(path, root):
        destination.place(staged, path, root, stopped)
        write_manifest(path, manifest)


def _manifest(path: str, source: str, finished: Sequence[_Finished], receipt: Receipt) -> Manifest:
    """Like an export's, with the list of parts where an export has its payload."""
    first = finished[0]
    records = [each.record for each in finished]
    parts = [
        {"org": each.org, "project": each.project, "analysis": each.analysis, "rows": each.rows, "sha256": each.sha256}
        for each in records
    ]
    return Manifest(
        file=name_of(path),
        version=__version__,
        spec=first.record.spec,
        api=first.record.api,
        org=_common(each.org for each in records),
        project=_common(each.project for each in records),
        analysis=_common(each.analysis for each in records),
        export=first.record.export,
        partition=None,
        fingerprint=source,
        style=first.record.style,
        job_ids=tuple(dict.fromkeys(job_id for each in records for job_id in each.job_ids)),
        payload={"combine": "projects", "parts": parts},
        columns=(*HEAD, *(name or field_id for field_id, name in first.wanted.request.columns)),
        rows=receipt.rows,
        bytes=receipt.bytes,
        sha256=receipt.sha256,
        finished_at=now(),
        role="combined",
    )


def _common(names: Iterable[str]) -> str:
    """The one name that all have, else none."""
    different = set(names)
    return different.pop() if len(different) == 1 else ""
