"""Jobs that another tool paid for become known here: by what the API says that they asked for, never by their names."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runner.botify.answers import Job
from runner.bql.fingerprint import fingerprint
from runner.bql.kinds import EXPORT, LOGS_EXPORT
from runner.errors import ApiRefused, BqlrunError, TokenRefused
from runner.files import rawfile
from runner.files.durable import make_folder, open_own, sync
from runner.run.record import new_record
from runner.run.workshop import raw_file
from runner.state.room import private_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.botify.client import Botify
    from runner.jsonvalue import JsonObject
    from runner.plan.model import PlannedExport, Wanted
    from runner.plan.registry import Registered
    from runner.run.collect import Collector
    from runner.state.store import State

# taken: its job is known now · placed: its file is in place · known: there is a job for the same already ·
# failed: the API reports it FAILED · gone: there is neither job nor file · silent: nobody says what it asked for
Fate = Literal["taken", "placed", "known", "failed", "gone", "silent", "refused"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one registered job, and why."""

    registered: Registered
    fate: Fate
    reason: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Takes jobs over, for one API. `mapped` are the exports that the user says some keys stand for."""

    api: Botify
    identity: str
    state: State
    orgs: Sequence[str]
    mapped: Mapping[str, PlannedExport]
    collector: Collector | None

    async def take(self, registered: Registered) -> Taken:
        """Take one over; nothing is ever submitted. Raises ApiError where the API cannot be asked."""
        try:
            job = await self.api.job(registered.org_among(self.orgs), registered.job_id)
        except TokenRefused:
            raise
        except ApiRefused as refused:
            return await self._gone(registered, refused)
        if job.status == "FAILED":
            return Taken(registered, "failed", f"job {job.id} FAILED: there is nothing to take over")
        asked = self._echoed(job) or self._told(registered)
        if asked is None:
            return Taken(registered, "silent", f"job {job.id} does not say what it asked for: {_say(registered)}")
        return self._record(registered, job, *asked)

    def _echoed(self, job: Job) -> tuple[str, tuple[str, str]] | None:
        """The fingerprint of what a job asked for, and its organisation and project, as its payload says."""
        payload = job.payload or {}
        with suppress(KeyError, TypeError, AttributeError):
            return fingerprint(self.identity, _job_type(payload), payload, None), (
                payload["username"],
                payload["project"],
            )
        return None

    def _told(self, registered: Registered) -> tuple[str, tuple[str, str]] | None:
        planned = self.mapped.get(registered.key)
        if planned is None or planned.wanted is None:
            return None
        return planned.wanted.fingerprint, (planned.org, planned.project)

    def _record(self, registered: Registered, job: Job, identity: str, place: tuple[str, str]) -> Taken:
        known = self.state.jobs.latest(identity)
        if known and known.status != "FAILED":
            return Taken(registered, "known", f"job {known.id} is known for the same")
        self.state.jobs.record(identity, job.id, job.status, "adopted", place)
        return Taken(registered, "taken", f"job {job.id}, {job.status}: a run fetches its file at no cost")

    async def _gone(self, registered: Registered, refused: ApiRefused) -> Taken:
        """The API does not show the job any more; its file may still be here."""
        planned = self.mapped.get(registered.key)
        file = Path(registered.local_file) if registered.local_file else None
        if file is None or not file.is_file():
            return Taken(registered, "gone", f"{refused.message}; there is no file of it here either")
        if planned is None or planned.wanted is None or self.collector is None:
            return Taken(registered, "silent", f"{refused.message}; its file {file} is here: {_say(registered)}")
        try:
            return await self._place(registered, planned, planned.wanted, file, self.collector)
        except (BqlrunError, OSError) as error:
            return Taken(registered, "refused", f"{file} is not {planned.name}: {error}")

    async def _place(
        self, registered: Registered, planned: PlannedExport, wanted: Wanted, file: Path, collector: Collector
    ) -> Taken:
        """As if it had just been fetched: unpacked, checked against the plan's count, placed with its manifest."""
        record = self.state.exports.at(wanted.path)
        if record and record.status == "done":
            return Taken(registered, "known", f"{wanted.path} is in place")
        raw = raw_file(self.state, wanted.fingerprint, registered.job_id)
        _copy(file, raw)
        self.state.jobs.record(wanted.fingerprint, registered.job_id, "DONE", "adopted", (planned.org, planned.project))
        record = new_record(planned, wanted, registered.job_id)
        job = Job(registered.job_id, "DONE", None, _NOWHERE, None)
        done = await collector.collect(planned, wanted, record, job)
        return Taken(registered, "placed", f"{done.rows:,} rows in {done.path}, from {file}")


# The file is complete: its address is never asked.
_NOWHERE = "http://127.0.0.1:9/"


def _copy(file: Path, raw: Path) -> None:
    private_folder(raw.parent.parent)
    make_folder(raw.parent)
    with file.open("rb") as source, open_own(raw, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        sync(copy, str(raw))
    rawfile.vouch(raw, rawfile.Note())


def _job_type(payload: JsonObject) -> str:
    return LOGS_EXPORT if "date_start" in payload else EXPORT


def _say(registered: Registered) -> str:
    return f"say it with `--map {registered.key}=EXPORT` and the SPEC that has that export"
