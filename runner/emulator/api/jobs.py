"""Jobs: created, looked at, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import Answer, json_answer
from runner.emulator.api.creation import Order, new_job
from runner.emulator.api.jobview import job_json
from runner.emulator.api.pages import envelope
from runner.emulator.errors import bad_request, not_found
from runner.emulator.exports import KINDS
from runner.emulator.jobs import Wanted

if TYPE_CHECKING:
    from runner.emulator.api.call import Call
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service
    from runner.jsonvalue import JsonObject, JsonValue


def create(service: Service, call: Call) -> Answer:
    """A new job. A bad query is found out later: the job is created, and fails."""
    service.orgs(token_of(call))
    job_type, payload = _parts(call.json())
    org, slug = payload.get("username"), payload.get("project")
    if not isinstance(org, str) or not isinstance(slug, str):
        raise bad_request("payload.username and payload.project are mandatory")
    job = new_job(service, call, Order(job_type, org, slug, payload, _analysis(payload)))
    return json_answer(job_json(service, job, now=job.created), 201)


def get(service: Service, call: Call) -> Answer:
    """One job, as it stands now."""
    return json_answer(job_json(service, _found(service, call), service.clock()))


def delete(service: Service, call: Call) -> Answer:
    """Forget a job. There is no such operation, unless the config says so."""
    service.jobs.delete(_found(service, call).id)
    return Answer(204)


def _found(service: Service, call: Call) -> Job:
    orgs = service.orgs(token_of(call))
    job = job_of(service, call.names["job"])
    if job is None or job.org not in orgs or job.kind not in KINDS:
        raise not_found("no such job")
    return job


def job_of(service: Service, text: str) -> Job | None:
    """The job of an id as it is written in an address."""
    known = text.isascii() and text.isdigit() and len(text) < 16
    return service.jobs.get(int(text), service.shown()) if known else None


def listing(service: Service, call: Call) -> Answer:
    """The account's jobs, newest first."""
    return _listed(service, call, service.orgs(token_of(call)), call.query.get("project"))


def of_project(service: Service, call: Call) -> Answer:
    """One project's jobs, as the app lists them."""
    org, project = call.names["org"], call.names["project"]
    service.project(token_of(call), org, project)
    return _listed(service, call, (org,), project)


def _listed(service: Service, call: Call, orgs: tuple[str, ...], project: str | None) -> Answer:
    shown = service.shown()
    page, size = call.number("page", 1, 10**9), call.number("size", 50, 500)
    kind = call.query.get("job_type")
    wanted = Wanted(
        orgs=orgs,
        shown=shown,
        kinds=(kind,) if kind else KINDS,
        project=project,
        analysis=call.query.get("analysis"),
    )
    count, found = service.jobs.page(wanted, size, (page - 1) * size)
    results = [job_json(service, job, shown.now) | {"crawl_date": _crawl_date(job)} for job in found]
    return json_answer(envelope(call, results, count, page, size))


def _parts(body: JsonValue) -> tuple[str, JsonObject]:
    if not isinstance(body, dict):
        raise bad_request("the request is an object")
    job_type, payload = body.get("job_type"), body.get("payload")
    if job_type not in KINDS:
        raise bad_request(f"job_type is one of {', '.join(KINDS)}")
    if not isinstance(payload, dict):
        raise bad_request("payload is mandatory, and an object")
    return job_type, payload


def _crawl_date(job: Job) -> str | None:
    day = job.analysis[:8]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 and day.isascii() and day.isdigit() else None


def _analysis(payload: JsonObject) -> str:
    """The first crawl that the query names, by which jobs can be listed."""
    query = payload.get("query")
    named = query.get("collections") if isinstance(query, dict) else None
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    return next((name.removeprefix("crawl.") for name in names if name.startswith("crawl.")), "")
