"""The legacy export of a crawl's URLs: POST …/urls/export, whose job has an absolute address and a row count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.addresses import download_url
from runner.emulator.api.call import json_answer
from runner.emulator.api.creation import Order, new_job
from runner.emulator.api.jobs import job_of
from runner.emulator.api.pages import envelope
from runner.emulator.api.times import iso
from runner.emulator.api.urls import crawl_of
from runner.emulator.bql.areas import area_list, area_of
from runner.emulator.bql.query import compile_query
from runner.emulator.errors import Refused, bad_request
from runner.emulator.exports import LEGACY, rows_of
from runner.emulator.jobs import Wanted

if TYPE_CHECKING:
    from runner.emulator.api.call import Answer, Call
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service
    from runner.jsonvalue import JsonObject

_MOST_FIELDS, _MOST_ROWS = 10, 100_000
_CSV = {"print_delimiter": True, "print_header": True, "header_format": "verbose"}


def create(service: Service, call: Call) -> Answer:
    """A new export. Its query is checked at once."""
    catalogue, slug = crawl_of(service, call)
    area, body = area_of(call.query, catalogue, slug), call.json()
    compiled = compile_query(area_list(body, area), catalogue, each_url=True)
    if len(compiled.columns) > _MOST_FIELDS:
        raise Refused(400, 1027)
    if sum(column.expression.multiple for column in compiled.columns) > 1:
        raise Refused(400, 1028)
    packing = call.query.get("compression", "gzip")
    if packing not in ("gzip", "zip"):
        raise bad_request("compression is gzip or zip")
    payload = {
        "query": body,
        "area": area.name,
        "previous_crawl": area.previous,
        "export_size": call.number("size", call.number("export_size", _MOST_ROWS, _MOST_ROWS), _MOST_ROWS),
        "formatter_config": _CSV,
        "extra_config": {"filetype": packing},
    }
    order = Order(LEGACY, call.names["org"], call.names["project"], payload, slug)
    job = new_job(service, call, order)
    return json_answer(_shown(service, call, job, job.created), 201)


def get(service: Service, call: Call) -> Answer:
    """One export, as it stands now."""
    _, slug = crawl_of(service, call)
    found = job_of(service, call.names["export"])
    if found is None or (found.kind, found.org, found.project, found.analysis) != _identity(call, slug):
        raise Refused(404, 1006)
    return json_answer(_shown(service, call, found, service.clock()))


def listing(service: Service, call: Call) -> Answer:
    """The exports of a crawl, newest first."""
    _, slug = crawl_of(service, call)
    page, size = call.number("page", 1, 10**9), call.number("size", 50, 500)
    wanted = Wanted((call.names["org"],), service.shown(), (LEGACY,), call.names["project"], slug)
    count, found = service.jobs.page(wanted, size, (page - 1) * size)
    return json_answer(
        envelope(call, [_shown(service, call, job, wanted.shown.now) for job in found], count, page, size)
    )


def _identity(call: Call, slug: str) -> tuple[str, str, str, str]:
    return LEGACY, call.names["org"], call.names["project"], slug


def _shown(service: Service, call: Call, job: Job, now: float) -> JsonObject:
    status = job.status(now)
    done = status == "DONE" and not job.oddities.get("null_results")
    path = f"/v1/analyses/{job.org}/{job.project}/{job.analysis}/urls/export/{job.id}"
    return {
        "job_id": job.id,
        "job_url": job.oddities.get("job_url", call.url(path)),
        "job_status": status,
        "date_created": iso(job.created),
        "query": {} if job.oddities.get("echo", service.world.behaviour.echo) == "none" else job.payload["query"],
        "area": job.payload["area"],
        "nb_results": rows_of(service, job) if done else None,
        "results": {"download_url": download_url(service, job)} if done else None,
    }
