"""What to do about an export, and why: from what the state file, the disk and the account's jobs know of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.botify.answers import UNDERWAY
from runner.files.destination import destination_of, reach
from runner.plan.again import had
from runner.plan.model import Decision
from runner.plan.provisional import may_adopt

if TYPE_CHECKING:
    from runner.botify.answers import Job
    from runner.plan.account_jobs import AccountJobs, SamePayload
    from runner.plan.model import Wanted
    from runner.state.exports import ExportRecord
    from runner.state.jobs import KnownJob
    from runner.state.store import State


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says about doing things again.

    `since` is the newest job from before a run that did so and was broken off: what it had anew is there already.
    """

    force: bool = False
    adopt: bool = True
    accept_rows: bool = False
    fail_fast: bool = False
    refresh_provisional: bool = False
    since: int | None = None

    @property
    def again(self) -> bool:
        """Whether what is done may be exported again."""
        return self.force or self.refresh_provisional


async def decide(wanted: Wanted, state: State, account_jobs: AccountJobs, wishes: Wishes) -> Decision:
    """The action for one export; asks the API for the account's jobs only where a new job would be next."""
    record = record_of(wanted, state)
    if wanted.request.listed:
        return await _by_pages(wanted, record, wishes)
    if state.intents.open_for(wanted.fingerprint):
        reason = "a submission's outcome is unknown: look for its job before anything else"
        return Decision("resume", reason, record=record, renew=wishes.force)
    job = state.jobs.latest(wanted.fingerprint)
    refresh = wishes.refresh_provisional and record is not None and bool(record.provisional)
    newer = is_newer(job, record, state)
    paid = newer or had(job, wishes.since)
    renew = not paid and (refresh or (wishes.force and not _broken_off(record, job)))
    if not renew:
        known = (None if newer else await finished(wanted, record)) or _underway(record, job, wishes)
        if known:
            return known
    same = await account_jobs.like(wanted.request)
    adoptable = _adoptable(wanted, same.jobs) if wishes.adopt and not renew else None
    if adoptable:
        return _adopt(adoptable, same, record)
    why = "its data was provisional" if refresh else _why_submit(job, wishes)
    reason = f"{why}; {wanted.size_reason}"
    return Decision("submit", reason, None, None, same.ids, same.listed, record, renew=renew)


async def _by_pages(wanted: Wanted, record: ExportRecord | None, wishes: Wishes) -> Decision:
    """The action for `mode: list`, which has no job to find, adopt or pay for: a missing file is fetched."""
    refresh = wishes.refresh_provisional and record is not None and bool(record.provisional)
    known = None if wishes.force or refresh else await finished(wanted, record)
    if known and known.action == "skip":
        return known
    reason = f"page by page, at no export's cost; {wanted.size_reason}"
    return Decision("download", reason, record=record, renew=wishes.force or refresh)


def _adopt(job: Job, same: SamePayload, record: ExportRecord | None) -> Decision:
    reason = "the account already has a job with this payload"
    if job.status == "DONE":
        return Decision("download", f"{reason}, finished", job.id, job, same.ids, same.listed, record)
    return Decision("resume", f"{reason}, under way", job.id, job, same.ids, same.listed, record)


def record_of(wanted: Wanted, state: State) -> ExportRecord | None:
    """What is known of the file at this path, if it is about this very export; a held file that is gone is none."""
    record = state.exports.at(wanted.path)
    if record is None or record.fingerprint != wanted.fingerprint:
        return None
    return replace(record, held=None) if record.held and not Path(record.held).exists() else record


async def finished(wanted: Wanted, record: ExportRecord | None) -> Decision | None:
    """What a file that is done comes to, by one look at its place; None where it is not done."""
    if record is None or record.status != "done":
        return None
    if record.style != wanted.style:
        return Decision(
            "download", "the same data in another form: its job is there already", record.job_id, record=record
        )
    found = await reach(record.path, partial(destination_of(record.path).stamp, record.path))
    if found is None:
        return _gone(wanted, record)
    if (found.bytes, found.mark) != (record.bytes, record.mark):
        return Decision("download", "done, but its file was altered", record.job_id, record=record)
    how = "done, provisionally: --refresh-provisional exports it anew" if record.provisional else "done"
    return Decision("skip", f"{how}; {wanted.size_reason}", record.job_id, record=record)


def _broken_off(record: ExportRecord | None, job: KnownJob | None) -> bool:
    """Whether a run left this export's job on its way: the same command, given again, pays no second time."""
    if record is None or job is None or job.status == "FAILED":
        return False
    return record.status in {"submitted", "downloading"} and record.job_id == job.id


def is_newer(job: KnownJob | None, record: ExportRecord | None, state: State) -> bool:
    """Whether a newer job was paid for than the one whose file is in place: a run that did so was broken off."""
    if record is None or job is None or record.status != "done" or job.id in record.job_ids:
        return False
    placed = [known.created_at for known in map(state.jobs.known, record.job_ids) if known]
    paid = job.origin != "adopted" and job.status != "FAILED"
    return paid and bool(placed) and max(placed) <= job.created_at


def _gone(wanted: Wanted, record: ExportRecord) -> Decision:
    if record.cleaned_at:
        # It was paid for and done with: what `clean` takes away must not come back with the next run.
        return Decision("skip", f"done; `clean` removed its file on {record.cleaned_at[:10]}", record=record)
    if wanted.asked.export.output.missing == "ignore":
        return Decision(
            "skip", "done; its file is gone, and `missing: ignore` says that this is all right", record=record
        )
    return Decision("download", "done, but its file is gone", record.job_id, record=record)


def _underway(record: ExportRecord | None, job: KnownJob | None, wishes: Wishes) -> Decision | None:
    if record and record.held:
        if wishes.accept_rows:
            return Decision("download", "its file is held, and --accept-rows places it", record.job_id, record=record)
        return Decision("refuse", record.error or "its row count was not accepted", record.job_id, record=record)
    if job is None or job.status == "FAILED":
        return None
    if job.status == "DONE":
        return Decision("download", "its job has finished", job.id, record=record)
    return Decision("resume", "its job is under way", job.id, record=record)


def _adoptable(wanted: Wanted, jobs: tuple[Job, ...]) -> Job | None:
    """The best of the account's jobs with this payload: a finished one, else one under way; never a failed one.

    One of a status that nobody has seen comes last. It may be under way, and to pay again would be worse than to wait.
    """
    usable = [job for job in jobs if job.status != "FAILED" and may_adopt(wanted, job.date_created)]
    finished = [job for job in usable if job.status == "DONE"]
    underway = [job for job in usable if job.status in UNDERWAY]
    return next(iter(finished or underway or usable), None)


def _why_submit(job: KnownJob | None, wishes: Wishes) -> str:
    if wishes.force:
        return "--force: exported again"
    return "new" if job is None else "its last job failed"
