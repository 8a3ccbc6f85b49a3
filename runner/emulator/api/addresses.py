"""Where a job's file is: a secret address on the second origin, composed anew each time somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.emulator.api.times import day
from runner.emulator.files.options import formatter, packing

if TYPE_CHECKING:
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service

_SUFFIXES = {"gzip": ".gz", "zip": ".zip"}


def download_url(service: Service, job: Job) -> str:
    """The address, sharded as a content network does it."""
    shards = "/".join(job.secret[index : index + 3] for index in (0, 3, 6))
    name = f"{quote(job.project, safe='')}-{day(job.created)}.{formatter(job.payload)}{_SUFFIXES[packing(job.payload)]}"
    return f"{service.downloads}/export_data/{shards}/{job.secret}/{name}"
