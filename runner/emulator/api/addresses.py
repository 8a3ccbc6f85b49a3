"""Where a job's file is: a secret address on the second origin, composed anew each time somebody asks."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.emulator.api.times import day
from runner.emulator.files.options import formatter, packing

if TYPE_CHECKING:
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service
    from runner.emulator.world import Behaviour

_SUFFIXES = {"gzip": ".gz", "zip": ".zip"}


def download_url(service: Service, job: Job) -> str:
    """The address, sharded as a content network does it. It says until when it works, where it does not for ever."""
    shards = "/".join(job.secret[index : index + 3] for index in (0, 3, 6))
    name = f"{quote(job.project, safe='')}-{day(job.created)}.{formatter(job.payload)}{_SUFFIXES[packing(job.payload)]}"
    return f"{service.downloads}/export_data/{shards}/{job.secret}/{name}{_expiry(service, job)}"


def expired(behaviour: Behaviour, job: Job, expires: str, now: float) -> bool:
    """Whether an address with that expiry no longer works; nobody can lengthen a life that the job's end limits."""
    if behaviour.address_seconds is None:
        return False
    if behaviour.address_clock == "job":
        return now > job.ready + behaviour.address_seconds
    return not expires.isdigit() or now > int(expires)


def _expiry(service: Service, job: Job) -> str:
    seconds = service.world.behaviour.address_seconds
    if seconds is None:
        return ""
    start = job.ready if service.world.behaviour.address_clock == "job" else service.clock()
    return f"?expires={ceil(start + seconds)}"
