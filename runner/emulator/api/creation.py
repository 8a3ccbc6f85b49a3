"""How a job comes into being, with whatever it was told to do wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of, user_of
from runner.emulator.api.limits import start_of
from runner.emulator.exports import export_of
from runner.emulator.jobs import Job

if TYPE_CHECKING:
    from runner.emulator.api.call import Call
    from runner.emulator.exports import Export
    from runner.emulator.jobs import Outcome
    from runner.emulator.service import Service
    from runner.jsonvalue import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: a kind of job, for a project, with a payload."""

    kind: str
    org: str
    project: str
    payload: JsonObject
    analysis: str = ""


def new_job(service: Service, call: Call, order: Order) -> Job:
    """Create the job, unless its shape or a limit forbids it."""
    catalogue = service.project(token_of(call), order.org, order.project)
    export = export_of(service.world, catalogue, order.kind, order.payload, order.analysis)
    start = start_of(service, service.orgs(token_of(call)), order.kind, export)
    now = service.clock()
    late = call.fault("reset_late")
    job = Job(
        kind=order.kind,
        org=order.org,
        project=order.project,
        analysis=order.analysis,
        payload=order.payload,
        user=user_of(service, call),
        created=now,
        ready=max(start, now) + _duration(service, now),
        outcome=_outcome(service, call, export),
        visible=now + late.options.get("seconds", 3) if late else 0,
        credits=export.credits(service),
        oddities=_oddities(call),
    )
    return replace(job, id=service.jobs.add(job))


def _outcome(service: Service, call: Call, export: Export) -> Outcome:
    if call.fault("job_hangs"):
        return "HANGS"
    return "FAILED" if call.fault("job_failed") or not export.works(service) else "DONE"


def _duration(service: Service, now: float) -> float:
    """A time within the range, picked by the clock's last digits: no two jobs need be equal."""
    least, most = service.world.behaviour.job_seconds
    return least + (most - least) * (now * 997 % 1)


def _oddities(call: Call) -> JsonObject:
    found: dict[str, JsonValue] = {"null_results": True} if call.fault("job_null_results") else {}
    for name, option in (("job_status", "status"), ("job_url", "url"), ("echo", "mode")):
        fault = call.fault(name)
        if fault:
            found[name] = fault.options.get(option)
    return found
