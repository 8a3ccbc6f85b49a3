"""What nobody knows for certain, switched: each of these answers is one that clients are ready for."""

from __future__ import annotations

import gzip
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runner.emulator import embedded
from runner.emulator.api.call import refusal
from runner.emulator.api.limits import start_of
from runner.emulator.errors import Refused
from runner.emulator.exports import Export
from runner.emulator.jobs import Job
from runner.emulator.service import build
from runner.emulator.world import Behaviour, Limits, World
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUERY = crawl_query("20231201", "url", "metadata.title.content")
NOTHING = crawl_query("20231201", "url", filters={"field": "crawl.20231201.depth", "predicate": "gt", "value": 99})
PLAIN = {"print_header": False, "print_delimiter": False}
OLDER = "/v1/analyses/example-org/example.com/20231201/urls/export"


@contextmanager
def switched(folder: Path, behaviour: str, limits: str = "", seconds: float = 0) -> Iterator[Api]:
    crawl = "{slug: 20231201, depths: [1, 900], without_depth: 9, hostile: true}"
    logs = "{start: 2023-12-01, end: 2023-12-31, rows_per_day: 20}"
    (folder / "world.yaml").write_text(
        f"organisations: {{example-org: {{example.com: {{analyses: [{crawl}], logs: {logs}}}}}}}\n"
        f"behaviour: {{job_seconds: {seconds}, {behaviour}}}\nlimits: {{{limits}}}"
    )
    with embedded(folder / "data", folder / "world.yaml") as url, Api(url) as api:
        yield api


def text_of(api: Api, query: Any, job_type: str = "export", **payload: Any) -> str:
    return gzip.decompress(api.download(api.payload(query, **payload), job_type)).decode()


def test_csv_in_its_other_forms(tmp_path: Path) -> None:
    forms = "missing_values: word, quoting: all, line_ends: crlf, line_breaks_in_values: spaces, byte_order_mark: true"
    with switched(tmp_path, f"{forms}, empty_result: nothing, prologue_of_logs: observed") as api:
        text = text_of(api, QUERY)
        assert text.startswith('\ufeffsep=,\r\n"Full URL","Metadata Title Content"\r\n"https://')
        lines = text.split("\r\n")
        assert len(lines) == 1 + 2 + 910, "no value has a line break of its own"
        assert "\n" not in "".join(lines)
        assert any(line.endswith(',"null"') for line in lines)
        broken = [title for _, title in api.rows(QUERY, size=2000) if title and "\n" in title]
        assert broken
        assert all(" ".join(title.splitlines()) in text for title in broken)
        assert text_of(api, NOTHING) == ""
        logs = {"fields": ["url", "crawls.google.count"]}
        days = {"date_start": "2023-12-01", "date_end": "2023-12-03"}
        assert text_of(api, logs, "logs_urls_export", **days).startswith('\ufeff"http')


def test_jobs_that_tell_more_and_can_be_deleted(tmp_path: Path) -> None:
    told = "result_keys: more, date_finished: shown, failed_job: explained, cancel: delete, error_code: integer"
    with switched(tmp_path, f"{told}, last_next: absent") as api:
        job = api.done(api.payload(QUERY))
        name = job["results"]["download_url"].rpartition("/")[2]
        assert (job["results"]["nb_lines"], job["results"]["row_count"]) == (910, 910)
        assert job["results"]["filename"] == name
        assert job["date_finished"] >= job["date_created"]
        failed = api.done(api.payload(crawl_query("20231201", "no_such_field")))
        assert (failed["results"], failed["error"]["message"]) == (None, "The export failed")
        assert api.http.options(f"/v1/jobs/{job['job_id']}").headers["allow"] == "GET, DELETE, HEAD, OPTIONS"
        assert api.http.delete(f"/v1/jobs/{job['job_id']}").status_code == 204
        assert api.http.get(f"/v1/jobs/{job['job_id']}").json()["error"]["error_code"] == 1000
        assert "next" not in api.ask(QUERY, size=2000).json()
        assert "next" in api.ask(QUERY, size=1).json()


def test_a_job_is_known_by_what_is_certain_unless_it_is_switched(small: Api) -> None:
    failed = small.done(small.payload(crawl_query("20240101", "no_such_field")))
    assert not {"error", "date_finished"} & set(failed)
    assert set(small.done(small.payload(crawl_query("20240101", "url")))["results"]) == {"download_url"}
    assert small.http.delete(f"/v1/jobs/{failed['job_id']}").headers["allow"] == "GET, HEAD, OPTIONS"
    assert "next" in small.ask(crawl_query("20240101", "url"), size=2000).json()


def test_a_payload_can_be_refused_at_once_and_a_job_forgotten(tmp_path: Path) -> None:
    with switched(tmp_path, "bad_query: refuse, size_omitted: refuse, jobs_kept_seconds: 1.5") as api:
        wrong = api.create(api.payload(crawl_query("20231201", "no_such_field")))
        assert (wrong.status_code, wrong.json()["error"]["error_code"]) == (400, "1029")
        payload = api.payload(QUERY)
        assert api.create({key: payload[key] for key in payload if key != "export_size"}).status_code == 400
        job = api.done(payload)
        time.sleep(1.6)
        assert api.http.get(f"/v1/jobs/{job['job_id']}").status_code == 404
        assert api.get("/v1/jobs")["count"] == 0
        assert api.files.get(job["results"]["download_url"]).status_code == 200


def test_a_job_that_the_config_no_longer_allows_is_still_listed(tmp_path: Path) -> None:
    with switched(tmp_path, "result_keys: more") as api:
        api.done(api.payload(QUERY, export_size=50))
    with switched(tmp_path, "result_keys: more", "rows_per_export: 49") as api:
        (job,) = api.get("/v1/jobs")["results"]
        assert (job["job_status"], job["results"]["row_count"]) == ("DONE", None)


def test_jobs_can_wait_for_one_another(tmp_path: Path) -> None:
    world = World((), {}, Behaviour(too_many_jobs="queue"), Limits(jobs=2))
    service = replace(build(world, tmp_path, ""), clock=lambda: 1_000.0)
    starts = []
    for length in (10, 20, 30, 40):
        start = start_of(service, ["org"], "export", Export(None, 1))
        starts.append(start)
        service.jobs.add(Job("export", "org", "site", {}, "user", created=1_000, ready=start + length))
    assert starts == [1_000, 1_000, 1_010, 1_020]


def test_too_many_jobs_may_be_an_advanced_export_and_a_days_exports_only_the_older_ones(tmp_path: Path) -> None:
    switches = "too_many_jobs: refuse_advanced, exports_per_day_counts: older"
    with switched(tmp_path, switches, "jobs: 3, exports_per_day: 1", seconds=30) as api:
        assert [api.create(api.payload(QUERY)).status_code for _ in range(2)] == [201, 201]
        older = [api.http.post(OLDER, json={"fields": ["url"]}) for _ in range(2)]
        assert [answer.status_code for answer in older] == [201, 429]
        assert older[1].json()["error"]["error_code"] == "1053"
        assert api.create(api.payload(QUERY)).json()["error"] == {
            "error_code": "1058",
            "message": "An advanced export is already running",
        }


@pytest.mark.parametrize(
    ("behaviour", "body"),
    [
        (Behaviour(), b'{"error": {"error_code": "1053", "message": "Too many requests"}}'),
        (Behaviour(error_code="integer"), b'{"error": {"error_code": 1053, "message": "Too many requests"}}'),
        (Behaviour(error_body="text"), b'{"error": "Too many requests"}'),
        (Behaviour(error_body="detail", error_code="integer"), b'{"detail": "Too many requests"}'),
    ],
)
def test_a_refusal_in_every_form_that_clients_are_ready_for(behaviour: Behaviour, body: bytes) -> None:
    assert refusal(Refused(429, 1053), behaviour).body == body
