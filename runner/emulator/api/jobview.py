"""A job as the API shows it, and as a switch makes it show it where nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.addresses import download_url
from runner.emulator.api.times import iso
from runner.emulator.errors import MESSAGES
from runner.emulator.exports import rows_of

if TYPE_CHECKING:
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service
    from runner.emulator.world import Behaviour
    from runner.jsonvalue import JsonObject, JsonValue


def job_json(service: Service, job: Job, now: float) -> JsonObject:
    """A job as the API shows it; `results` is null until it is done."""
    status = job.status(now)
    shown_id = str(job.id) if service.world.behaviour.job_ids == "string" else job.id
    ended = status not in ("CREATED", "PROCESSING")
    return {
        "job_id": shown_id,
        "job_type": job.kind,
        "job_url": job.oddities.get("job_url", f"/v1/jobs/{job.id}"),
        "job_status": status,
        "payload": _echo(job, service.world.behaviour),
        "results": results_of(service, job, status),
        "date_created": iso(job.created),
        "user": job.user,
        "metadata": {},
        **_unsaid(service.world.behaviour, job, status, ended=ended),
    }


def results_of(service: Service, job: Job, status: str) -> JsonObject | None:
    """Where the file of a finished job is, and perhaps what nobody has seen the API say of it."""
    if status != "DONE" or job.oddities.get("null_results"):
        return None
    address = download_url(service, job)
    if service.world.behaviour.result_keys == "address":
        return {"download_url": address}
    rows = rows_of(service, job)
    name = address.partition("?")[0].rpartition("/")[2]
    return {"download_url": address, "nb_lines": rows, "row_count": rows, "filename": name, "expires_at": None}


def _unsaid(behaviour: Behaviour, job: Job, status: str, *, ended: bool) -> JsonObject:
    """Keys that no public schema has and that clients look for."""
    unsaid: JsonObject = {}
    if behaviour.date_finished == "shown":
        unsaid["date_finished"] = iso(job.ready) if ended else None
    if behaviour.failed_job == "explained" and status == "FAILED":
        unsaid["error"] = {"type": "JobError", "message": MESSAGES[1060]}
    return unsaid


def _echo(job: Job, behaviour: Behaviour) -> JsonValue:
    mode = job.oddities.get("echo", behaviour.echo)
    if mode == "none":
        return None
    if mode == "defaults":
        return {"extra_config": {}, "export_job_name": "Export", "priority": "normal"} | job.payload
    if mode == "altered":
        return {"request": job.payload}
    return job.payload
