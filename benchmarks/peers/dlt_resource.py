"""The same exports by dlt, with a resource for each project: `dlt_resource.py API PROJECTS JOBS FOLDER`."""

from __future__ import annotations

import csv
import gzip
import os
import sys
import time
from collections.abc import Iterator  # noqa: TC003 - dlt looks at the hints of a resource
from itertools import islice
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers import requests

FIELDS = ("url", "metadata.title.content", "metadata.description.content", "metadata.h1.contents")
HEADERS = {"Authorization": "Token bench"}
POLL, BATCH = 0.1, 500


def rows(api: str, project: str) -> Iterator[list[dict[str, Any]]]:
    """Submit, poll, stream, unzip, in batches of rows."""
    query = {"dimensions": [f"crawl.20250413.{field}" for field in FIELDS], "metrics": []}
    payload = {
        "username": "bench",
        "project": project,
        "connector": "direct_download",
        "formatter": "csv",
        "export_size": 1_000_000,
        "query": {"collections": ["crawl.20250413"], "query": query},
    }
    body = {"job_type": "export", "payload": payload}
    job = requests.post(f"{api}/v1/jobs", json=body, headers=HEADERS).json()
    while job["job_status"] != "DONE":
        time.sleep(POLL)
        job = requests.get(api + job["job_url"], headers=HEADERS).json()
    answer = requests.get(job["results"]["download_url"], stream=True)
    with answer, gzip.open(answer.raw, "rt", encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        while batch := list(islice(reader, BATCH)):
            yield batch


def main(api: str, projects: int, jobs: int, folder: Path) -> None:
    """Load everything into a folder of CSV files."""
    os.environ |= {"EXTRACT__WORKERS": str(jobs), "EXTRACT__MAX_PARALLEL_ITEMS": str(jobs)}
    os.environ |= {"NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true", "RUNTIME__DLTHUB_TELEMETRY": "false"}
    names = [f"site-{number:05}" for number in range(projects)]
    resources = [
        dlt.resource(rows, name=name, table_name=name.replace("-", "_"), parallelized=True)(api, name) for name in names
    ]
    destination = dlt.destinations.filesystem(bucket_url=str(folder / "out"))
    pipeline = dlt.pipeline(
        "bench", destination=destination, dataset_name="crawls", pipelines_dir=str(folder / "state")
    )
    pipeline.run(resources, loader_file_format="csv", write_disposition="replace")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
