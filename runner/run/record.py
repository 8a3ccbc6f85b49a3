"""What the state file first says of an export, and what it keeps of one that failed or was left undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.bql.sizing import depth_query
from runner.errors import JobFailed
from runner.jsonvalue import digest
from runner.plan.ownership import may_have
from runner.state.exports import REFUSED, ExportRecord

if TYPE_CHECKING:
    from runner.errors import BqlrunError
    from runner.plan.model import PlannedExport, Wanted
    from runner.state.store import State


def new_record(planned: PlannedExport, wanted: Wanted, job_id: str | None) -> ExportRecord:
    """The record of an export whose work begins; `job_id` where its job is known."""
    return ExportRecord(
        path=wanted.path,
        spec=planned.spec.name,
        api=wanted.api,
        org=planned.org,
        project=planned.project,
        analysis=planned.analysis,
        export=planned.export,
        partition=planned.partition,
        fingerprint=wanted.fingerprint,
        style=wanted.style,
        planned_rows=wanted.rows,
        job_id=job_id,
        depth=wanted.depth,
        counted=digest(depth_query(wanted.asked)) if wanted.asked.needs_depth else None,
        terms=wanted.terms,
        warning=wanted.warning,
    )


def submitted_record(planned: PlannedExport, wanted: Wanted, job_id: str) -> ExportRecord:
    """The record of an export whose job exists; of a whole `job_id` names those of its parts, with commas."""
    return replace(new_record(planned, wanted, job_id), status="submitted")


def note_undone(state: State, planned: PlannedExport) -> None:
    """Note what a limit left for the next run, unless the state file knows more of that path already."""
    if planned.wanted and state.exports.at(planned.wanted.path) is None:
        state.exports.put(new_record(planned, planned.wanted, None))


def note_failure(state: State, planned: PlannedExport, error: BqlrunError) -> ExportRecord | None:
    """Note the error; a good file that is there from before keeps its record. None for what has no path of its own."""
    wanted, decision = planned.wanted, planned.decision
    record = state.exports.at(wanted.path) if wanted else None
    if wanted is None or decision is None or (record and not may_have(wanted, record)):
        state.exports.put(_refused_record(planned, state.api, error))
        return None
    if record and record.status == "done":
        return record
    before = decision.record
    if isinstance(error, JobFailed) and before and before.status == "done":
        # What was to be replaced is still there, and nothing better comes of a job that failed.
        state.exports.put(before)
        return before
    record = record or new_record(planned, wanted, decision.job)
    record = replace(record, status="failed", error=str(error))
    state.exports.put(record)
    return record


def _refused_record(planned: PlannedExport, api: str, error: BqlrunError) -> ExportRecord:
    """The record of an export that failed before anyone could say what it asks for, and where its file goes."""
    return ExportRecord(
        path=f"{planned.spec.name}:{planned.name}{REFUSED}",
        spec=planned.spec.name,
        api=api,
        org=planned.org,
        project=planned.project,
        analysis=planned.analysis,
        export=planned.export,
        partition=None,
        fingerprint="",
        style="",
        status="failed",
        error=str(error),
    )
