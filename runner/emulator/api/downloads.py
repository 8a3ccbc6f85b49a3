"""The second origin: files, whole or in part. It wants no token, and notes when it gets one."""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

from runner.emulator.api.addresses import expired
from runner.emulator.api.call import Answer, FileBody
from runner.emulator.errors import Refused
from runner.emulator.exports import export_of
from runner.emulator.files.options import packing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runner.emulator.api.call import Call
    from runner.emulator.jobs import Job
    from runner.emulator.service import Service

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def download(service: Service, call: Call) -> Answer:
    """A job's file."""
    job = service.jobs.by_secret(call.names["secret"])
    behaviour, now = service.world.behaviour, service.clock()
    if "authorization" in call.headers:
        sys.stderr.write("warning: a client sent its token to the download host\n")
        if behaviour.download_auth == "refuse":
            return _denied(400, "InvalidArgument", "Only one auth mechanism allowed")
    if job is None or job.status(now) != "DONE" or call.fault("expired"):
        return _denied(403, "AccessDenied", "Access Denied")
    if expired(behaviour, job, call.query.get("expires", ""), now):
        return _denied(403, "AccessDenied", "Request has expired")
    path = _file(service, call, job)
    if path is None:
        return _denied(404, "NoSuchKey", "The specified key does not exist")
    # The name holds the address's secret, and who keeps an ETag does not think of it as one.
    return _served(path, f'"{sha256(path.name.encode()).hexdigest()[:32]}"', call.headers)


def _file(service: Service, call: Call, job: Job) -> Path | None:
    """The file of a job, or None where the config has changed and no longer has its data."""
    archive = call.fault("archive")
    kind = archive.options.get("kind", "plain") if archive else packing(job.payload)
    catalogue = service.catalogues.get((job.org, job.project))
    if catalogue is None:
        return None
    try:
        export = export_of(service.world, catalogue, job.kind, job.payload, job.analysis)
        if export.query is None:
            return None
        size = max(export.rows(service) - 1, 0) if kind == "short" else export.size
        return service.results.file(job, export.query, size, kind)
    except Refused:
        return None


def _served(path: Path, etag: str, headers: Mapping[str, str]) -> Answer:
    length = path.stat().st_size
    common = {"content-type": "application/octet-stream", "etag": etag, "accept-ranges": "bytes"}
    part = _part(headers, etag, length)
    if part is None:
        return Answer(200, headers=common | {"content-length": str(length)}, file=FileBody(path, 0, length))
    start, end = part
    if start >= end:
        return Answer(416, headers=common | {"content-range": f"bytes */{length}"})
    about = {"content-length": str(end - start), "content-range": f"bytes {start}-{end - 1}/{length}"}
    return Answer(206, headers=common | about, file=FileBody(path, start, end - start))


def _part(headers: Mapping[str, str], etag: str, length: int) -> tuple[int, int] | None:
    """The bytes that are asked for, or None for all of them; an If-Range that does not match asks for all."""
    wanted = _RANGE.fullmatch(headers.get("range", ""))
    if wanted is None or headers.get("if-range", etag) != etag:
        return None
    first, last = wanted.groups()
    if not first:
        return (max(length - int(last), 0), length) if last else None
    return int(first), min(int(last) + 1, length) if last else length


def _denied(status: int, code: str, message: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, body.encode(), {"content-type": "application/xml"})
