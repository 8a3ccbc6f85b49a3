"""What the emulator's tests do with it, in their own words."""

from __future__ import annotations

import csv
import gzip
import io
import time
from typing import Any, Self

import httpx

Json = Any
ORG, PROJECT, TOKEN = "example-org", "example.com", "emulator"


class Api:
    """A client of one emulator: `http` sends the token to the API, `files` sends none to anyone."""

    def __init__(self, url: str, org: str = ORG, project: str = PROJECT, token: str = TOKEN) -> None:
        self.url = url
        self.org = org
        self.project = project
        self.files = httpx.Client(timeout=60)
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.files.close()

    def get(self, path: str, **params: Any) -> Json:
        """The JSON of a GET that must succeed."""
        answer = self.http.get(path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, body: Json, **params: Any) -> httpx.Response:
        """The answer to a query, whatever it is."""
        return self.http.post(f"/v1/projects/{self.org}/{self.project}/query", json=body, params=params)

    def rows(self, body: Json, **params: Any) -> list[list[Any]]:
        """The rows of a query that must succeed: dimensions, then metrics."""
        answer = self.ask(body, **params)
        assert answer.status_code == 200, answer.text
        return [row["dimensions"] + row["metrics"] for row in answer.json()["results"]]

    def payload(self, query: Json, **more: Any) -> Json:
        """An export's payload."""
        base = {"username": self.org, "project": self.project, "connector": "direct_download", "formatter": "csv"}
        return base | {"export_size": 1_000_000, "query": query} | more

    def create(self, payload: Json, job_type: str = "export") -> httpx.Response:
        """Ask for a job."""
        return self.http.post("/v1/jobs", json={"job_type": job_type, "payload": payload})

    def finish(self, job_id: int | str) -> Json:
        """The job, once it has ended."""
        for _ in range(500):
            job = self.get(f"/v1/jobs/{job_id}")
            if job["job_status"] in ("DONE", "FAILED"):
                return job
            time.sleep(0.02)
        raise AssertionError("the job did not end")

    def done(self, payload: Json, job_type: str = "export") -> Json:
        """A job that was created and has ended."""
        answer = self.create(payload, job_type)
        assert answer.status_code == 201, answer.text
        return self.finish(answer.json()["job_id"])

    def download(self, payload: Json, job_type: str = "export") -> bytes:
        """The bytes of an export's file, fetched without a token."""
        answer = self.files.get(self.done(payload, job_type)["results"]["download_url"])
        assert answer.status_code == 200, answer.text
        return answer.content

    def table(self, payload: Json, job_type: str = "export") -> list[list[str]]:
        """The records of an export's file, prologue and all."""
        text = gzip.decompress(self.download(payload, job_type)).decode()
        return list(csv.reader(io.StringIO(text, newline="")))

    def misbehave(self, fault: str, **options: Any) -> None:
        """Install a fault."""
        answer = self.http.post("/_emulator/faults", json={"fault": fault, **options})
        assert answer.status_code == 201, answer.text

    def requests(self, method: str = "", path: str = "") -> list[Json]:
        """The noted requests of a method whose path contains a text."""
        noted = self.http.get("/_emulator/requests").json()
        return [entry for entry in noted if entry["method"].startswith(method) and path in entry["path"]]


def crawl_query(slug: str, *fields: str, **query: Any) -> Json:
    """A query of one crawl whose dimensions are these fields."""
    dimensions = [f"crawl.{slug}.{field}" for field in fields]
    return {"collections": [f"crawl.{slug}"], "query": {"dimensions": dimensions, "metrics": [], **query}}
