"""The documented limits, each switched on by a config: what is too much is answered 429 with code 1053."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.emulator import embedded
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUERY = crawl_query("20240101", "url")
LINKS = crawl_query("20240101", "url", "outlinks_internal.graph.url")


@contextmanager
def limited(folder: Path, settings: str) -> Iterator[Api]:
    world = folder / "world.yaml"
    world.write_text(
        "organisations: {example-org: {example.com: {analyses: [{slug: 20240101, depths: [1, 99]}]}}}\n" + settings
    )
    with embedded(folder / "data", world) as url, Api(url) as api:
        yield api


def statuses(api: Api, count: int) -> list[int]:
    return [api.create(api.payload(QUERY)).status_code for _ in range(count)]


def test_five_calls_a_second_are_answered_and_the_sixth_is_not(tmp_path: Path) -> None:
    with limited(tmp_path, "limits: {requests_per_second: 5}") as api:
        answers = [api.http.get("/v1/jobs") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[5].json() == {"error": {"error_code": "1053", "message": "Too many requests"}}
        assert "retry-after" not in answers[5].headers
        time.sleep(1.1)
        assert api.http.get("/v1/jobs").status_code == 200


def test_a_day_has_so_many_exports_and_reads_go_on(tmp_path: Path) -> None:
    with limited(tmp_path, "limits: {exports_per_day: 2, retry_after: 60}") as api:
        assert statuses(api, 3) == [201, 201, 429]
        assert api.create(api.payload(QUERY)).headers["retry-after"] == "60"
        assert api.get("/v1/jobs")["count"] == 2


def test_a_day_has_so_many_credits_and_links_cost_a_tenth(tmp_path: Path) -> None:
    with limited(tmp_path, "limits: {credits_per_day: 250}") as api:
        assert statuses(api, 2) == [201, 201]
        assert api.create(api.payload(QUERY)).status_code == 429
        edges = api.ask(LINKS, count="").json()["count"]
        assert edges > 50
        assert api.create(api.payload(LINKS, export_size=490)).status_code == 201
        assert api.create(api.payload(QUERY, export_size=10)).status_code == 429


def test_so_many_jobs_run_at_once(tmp_path: Path) -> None:
    with limited(tmp_path, "limits: {jobs: 1}\nbehaviour: {job_seconds: 1}") as api:
        assert statuses(api, 2) == [201, 429]
        time.sleep(1.1)
        assert statuses(api, 1) == [201]


def test_older_exports_can_be_one_at_a_time(tmp_path: Path) -> None:
    with limited(tmp_path, "limits: {legacy_exports: 1}\nbehaviour: {job_seconds: 1}") as api:
        address = "/v1/analyses/example-org/example.com/20240101/urls/export"
        answers = [api.http.post(address, json={"fields": ["url"]}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert answers[1].json()["error"] == {"error_code": "1052", "message": "A CSV export is already running"}
        assert statuses(api, 2) == [201, 201]
        time.sleep(1.1)
        assert api.http.post(address, json={"fields": ["url"]}).status_code == 201


def test_an_export_that_is_too_large_is_refused_or_clamped(tmp_path: Path) -> None:
    with limited(tmp_path, "limits: {rows_per_export: 50}\nbehaviour: {job_seconds: 0}") as api:
        assert api.create(api.payload(QUERY, export_size=51)).json()["error"]["error_code"] == "1020"
        assert api.create(api.payload(QUERY, export_size=50)).status_code == 201
    with limited(tmp_path, "limits: {rows_per_export: 50}\nbehaviour: {job_seconds: 0, oversize: clamp}") as api:
        assert len(api.table(api.payload(QUERY, export_size=51))) == 52


def test_an_address_can_expire_for_good(tmp_path: Path) -> None:
    with limited(tmp_path, "behaviour: {job_seconds: 0, address_seconds: 2}") as api:
        job = api.done(api.payload(QUERY))
        assert api.files.get(job["results"]["download_url"]).status_code == 200
        time.sleep(2.2)
        again = api.finish(job["job_id"])["results"]["download_url"]
        assert api.files.get(again).status_code == 403


def test_an_address_can_be_renewed_by_looking_at_the_job(tmp_path: Path) -> None:
    with limited(tmp_path, "behaviour: {job_seconds: 0, address_seconds: 1, address_clock: look}") as api:
        job = api.done(api.payload(QUERY))
        address = job["results"]["download_url"]
        assert api.files.get(address).status_code == 200
        time.sleep(2.1)
        assert api.files.get(address).status_code == 403
        assert api.files.get(address.partition("?")[0]).status_code == 403
        assert api.files.get(api.finish(job["job_id"])["results"]["download_url"]).status_code == 200
