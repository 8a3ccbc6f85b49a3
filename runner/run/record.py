"""What the state file first says of an export, and of one that came to nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.bql.sizing import depth_query
from runner.jsonvalue import digest
from runner.state.exports import REFUSED, ExportRecord

if TYPE_CHECKING:
    from runner.errors import BqlrunError
    from runner.plan.model import PlannedExport, Wanted


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


def refused_record(planned: PlannedExport, api: str, error: BqlrunError) -> ExportRecord:
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
