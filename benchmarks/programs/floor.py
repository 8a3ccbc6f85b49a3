"""The floor: a bare script with a thread for each export, which submits, polls, streams and unzips, and nothing else.

It checks nothing, remembers nothing, and pays again for everything when it is run again. `floor.py API PROJECTS THREADS
POLL FOLDER`. Like bqlrun it unzips with isal where that is installed.
"""

from __future__ import annotations

import http.client
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

try:
    from isal import igzip
except ImportError:
    import gzip as igzip  # type: ignore[no-redef]

FIELDS = ("url", "metadata.title.content", "metadata.description.content", "metadata.h1.contents")
HEADERS = {"Authorization": "Token bench", "Content-Type": "application/json"}


def export(api: str, project: str, poll: float, target: Path) -> None:
    connection = http.client.HTTPConnection(api)

    def ask(method: str, path: str, body: object = None) -> Any:
        connection.request(method, path, json.dumps(body) if body else None, HEADERS)
        return json.load(connection.getresponse())

    query = {"dimensions": [f"crawl.20250413.{field}" for field in FIELDS], "metrics": []}
    payload = {
        "username": "bench",
        "project": project,
        "connector": "direct_download",
        "formatter": "csv",
        "export_size": 1_000_000,
        "query": {"collections": ["crawl.20250413"], "query": query},
    }
    job = ask("POST", "/v1/jobs", {"job_type": "export", "payload": payload})
    while job["job_status"] != "DONE":
        time.sleep(poll)
        job = ask("GET", job["job_url"])
    connection.close()
    address = urlsplit(job["results"]["download_url"])
    files = http.client.HTTPConnection(address.netloc)
    files.request("GET", address.path)
    body = igzip.open(files.getresponse())  # type: ignore[no-untyped-call]
    with body, target.open("wb") as out:
        shutil.copyfileobj(body, out, 1 << 18)
    files.close()


if __name__ == "__main__":
    url, projects, threads, poll, folder = sys.argv[1:]
    api = urlsplit(url).netloc
    with ThreadPoolExecutor(int(threads)) as pool:
        names = [f"site-{number:05}" for number in range(int(projects))]
        done = [pool.submit(export, api, name, float(poll), Path(folder, f"{name}.csv")) for name in names]
        for each in done:
            each.result()
