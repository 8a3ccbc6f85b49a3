"""An API of Botify's shape whose answers are ready: as little as possible of what is measured is the server's.

The emulator evaluates every query and writes every file anew, which takes six times the processor time that any client
of it takes; beside that all clients look alike. Here each project has one crawl, each export the same rows and the same
file. The first line on standard output has the addresses; `/_bench` tells what was asked. Ends with standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

CREATED, DONE = "CREATED", "DONE"


class Job:
    """One job; its payload is kept as the text that is echoed."""

    def __init__(self, number: int, payload: dict[str, object], seconds: float) -> None:
        self.id, self.project = number, payload["project"]
        self.payload = json.dumps(payload)
        self.created = datetime.now(UTC).isoformat()
        self.ready = time.monotonic() + seconds


class Service:
    """All answers, and a record of the questions."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.file, self.rows, self.latency, self.pace = args.file, args.rows, args.latency, args.pace
        self.size, self.seconds = args.file.stat().st_size, args.seconds
        self.random = Random(7)  # noqa: S311 - the same times in every run
        self.jobs: list[Job] = []
        self.asked: list[tuple[float, str, str, str, str]] = []
        self.downloads = 0
        self.origins: dict[str, str] = {}

    def answer(self, method: str, target: str, body: bytes) -> str:
        parts = urlsplit(target)
        steps = parts.path.strip("/").split("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if steps[0] == "_bench":
            return self.told(query)
        self.asked.append((time.monotonic(), "api", method, target, body.decode()))
        match steps[1:]:
            case ["jobs"] if method == "POST":
                return self.create(json.loads(body)["payload"])
            case ["jobs"]:
                return self.listed(query)
            case ["jobs", number]:
                return self.shown(self.jobs[int(number) - 1])
            case ["analyses", *_]:
                crawl = {"slug": "20250413", "status": "success", "urls_done": self.rows}
                return json.dumps({"results": [crawl], "next": None, "count": 1, "page": 1, "size": 500})
            case ["projects", _, _, "query"]:
                return self.counted(json.loads(body), query)
            case ["projects", _, _, "collections", _]:
                names = ("url", "metadata.title.content", "metadata.description.content", "metadata.h1.contents")
                fields = [{"id": name, "name": name, "type": "string"} for name in names]
                return json.dumps({"datasets": [{"fields": fields}]})
        raise LookupError(target)

    def create(self, payload: dict[str, object]) -> str:
        job = Job(len(self.jobs) + 1, payload, self.random.uniform(*self.seconds))
        self.jobs.append(job)
        return self.shown(job)

    def listed(self, query: dict[str, str]) -> str:
        """Newest first."""
        size, page = int(query.get("size", 50)), int(query.get("page", 1))
        project = query.get("project")
        found = self.jobs if project is None else [job for job in self.jobs if job.project == project]
        first = len(found) - page * size
        shown = ",".join(map(self.shown, reversed(found[max(0, first) : first + size])))
        following = '"more"' if first > 0 else "null"
        return f'{{"results":[{shown}],"next":{following},"count":{len(found)},"page":{page},"size":{size}}}'

    def shown(self, job: Job) -> str:
        done = time.monotonic() >= job.ready
        results = f'{{"download_url":"{self.origins["files"]}/{job.id}.csv.gz"}}' if done else "null"
        return (
            f'{{"job_id":{job.id},"job_type":"export","job_url":"/v1/jobs/{job.id}","job_status":'
            f'"{DONE if done else CREATED}","payload":{job.payload},"results":{results},'
            f'"date_created":"{job.created}","user":"bench","metadata":{{}}}}'
        )

    def counted(self, asked: dict[str, dict[str, list[object]]], query: dict[str, str]) -> str:
        dimensions = asked["query"]["dimensions"]
        by_depth = len(dimensions) == 1 and str(dimensions[0]).endswith("depth")
        depths = [(0, 1), (1, self.rows - 1)]
        rows = [{"dimensions": [depth], "metrics": [count]} for depth, count in depths]
        if not by_depth:
            rows = [{"dimensions": ["x"] * len(dimensions), "metrics": []}]
        count = {"count": self.rows} if "count" in query else {}
        return json.dumps({"results": rows, "next": None, "previous": None, "page": 1, "size": 500} | count)

    def told(self, query: dict[str, str]) -> str:
        about = {
            "cpu": sum(os.times()[:2]),
            "jobs": len(self.jobs),
            "requests": len(self.asked),
            "downloads": self.downloads,
            "origins": self.origins,
        }
        answer = json.dumps(about | ({"log": self.asked} if "log" in query else {}))
        if "reset" in query:
            self.jobs.clear()
            self.asked.clear()
            self.downloads = 0
        return answer


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as such clients speak it."""

    def __init__(self, service: Service, *, files: bool) -> None:
        self.service, self.files, self.buffer = service, files, b""
        self.transport: asyncio.Transport
        self.sending: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        method, target, _ = first.split(" ")
        if self.files:
            self.service.asked.append((time.monotonic(), "files", method, target, ""))
            self.service.downloads += 1
            self.sending = asyncio.get_running_loop().create_task(self.send_file(headers))
            return
        body = self.service.answer(method, target, rest[:length]).encode()
        status = b"201 Created" if (method, target) == ("POST", "/v1/jobs") else b"200 OK"
        answer = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        whole = answer % (status, len(body), body)
        if self.service.latency:
            asyncio.get_running_loop().call_later(self.service.latency, self.transport.write, whole)
        else:
            self.transport.write(whole)

    async def send_file(self, headers: dict[str, str]) -> None:
        size = self.service.size
        first = int(headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        status = f"206 Partial Content\r\nContent-Range: bytes {first}-{size - 1}/{size}" if first else "200 OK"
        kind = 'Content-Type: application/gzip\r\nETag: "one"'
        self.transport.write(f"HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {size - first}\r\n\r\n".encode())
        with self.service.file.open("rb") as file:
            if self.service.pace:
                await self.send_slowly(file, first)
            else:
                await asyncio.get_running_loop().sendfile(self.transport, file, first)

    async def send_slowly(self, file: BinaryIO, first: int) -> None:
        """What was not sent in time, because the machine was busy, is made up for: the pace is of the line."""
        file.seek(first)
        began, sent = time.monotonic(), 0
        while block := file.read(64 * 1024):
            self.transport.write(block)
            sent += len(block)
            await asyncio.sleep(began + sent / self.service.pace - time.monotonic())


async def serve(service: Service) -> None:
    loop = asyncio.get_running_loop()
    api = await loop.create_server(lambda: Connection(service, files=False), "127.0.0.1", 0, backlog=500)
    files = await loop.create_server(lambda: Connection(service, files=True), "127.0.0.1", 0, backlog=500)
    ports = [server.sockets[0].getsockname()[1] for server in (api, files)]
    service.origins = dict(zip(("api", "files"), (f"http://127.0.0.1:{port}" for port in ports), strict=True))
    sys.stdout.write(json.dumps(service.origins) + "\n")
    sys.stdout.flush()
    await asyncio.gather(api.serve_forever(), files.serve_forever())


def end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A server of Botify's shape whose answers are ready.")
    parser.add_argument("--file", type=Path, required=True, help="the gzip file of every export")
    parser.add_argument("--rows", type=int, required=True, help="how many rows it has")
    parser.add_argument("--seconds", type=float, nargs=2, default=(0, 0), help="how long jobs take: from, to")
    parser.add_argument("--latency", type=float, default=0, help="seconds until the API answers")
    parser.add_argument("--pace", type=float, default=0, help="bytes a second of each download; 0 is as fast as can be")
    threading.Thread(target=end_with_input, daemon=True).start()
    asyncio.run(serve(Service(parser.parse_args())))
