"""Export jobs: created, watched, listed, downloaded."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from typing import Any

QUERY = crawl_query("20240101", "url", "depth", sort=[{"field": "crawl.20240101.url", "order": "desc"}])
HEADER = {"print_header": True, "print_delimiter": False, "header_format": "slug"}


def test_a_new_job_has_no_results_and_a_relative_address(small: Api) -> None:
    answer = small.create(small.payload(QUERY))
    job = answer.json()
    assert answer.status_code == 201
    assert (job["job_status"], job["results"], job["job_url"]) == ("CREATED", None, f"/v1/jobs/{job['job_id']}")
    assert job["payload"] == small.payload(QUERY)
    assert set(job) == {
        *("job_id", "job_type", "job_url", "job_status", "payload", "results", "date_created", "user", "metadata")
    }


def test_a_finished_job_has_a_file_on_another_origin(small: Api) -> None:
    address = small.done(small.payload(QUERY))["results"]["download_url"]
    assert not address.startswith(small.url)
    assert re.search(r"/export_data/\w{3}/\w{3}/\w{3}/\w{32}/example\.com-\d{4}-\d\d-\d\d\.csv\.gz$", address)


def test_the_file_is_gzip_and_has_every_row_in_order(small: Api) -> None:
    rows = small.table(small.payload(QUERY, formatter_config=HEADER))
    assert rows[0] == ["url", "depth"]
    assert len(rows) == 274
    assert [row[0] for row in rows[1:]] == sorted((row[0] for row in rows[1:]), reverse=True)


def test_the_same_export_gives_the_same_bytes(small: Api) -> None:
    assert small.download(small.payload(QUERY)) == small.download(small.payload(QUERY))


def test_a_file_has_the_rows_that_the_query_gives(small: Api) -> None:
    rows = small.table(small.payload(QUERY, formatter_config=HEADER))[1:]
    asked = [[url, "" if depth is None else str(depth)] for url, depth in small.rows(QUERY, size=2000)]
    assert rows == asked


def test_too_many_rows_are_cut_in_the_order_of_the_sort(small: Api) -> None:
    whole = small.table(small.payload(QUERY, formatter_config=HEADER))
    cut = small.table(small.payload(QUERY, formatter_config=HEADER, export_size=10))
    assert cut == whole[:11]


def test_a_bad_query_makes_a_job_that_fails_without_results(small: Api) -> None:
    job = small.done(small.payload(crawl_query("20240101", "url", "no_such_field")))
    assert (job["job_status"], job["results"]) == ("FAILED", None)


def test_jobs_are_listed_newest_first_in_pages(small: Api) -> None:
    ids = [small.create(small.payload(QUERY)).json()["job_id"] for _ in range(3)]
    first = small.get("/v1/jobs", size=2, job_type="export", project="example.com")
    assert [job["job_id"] for job in first["results"]] == ids[:0:-1]
    assert first["previous"] is None
    second = small.get(first["next"])
    assert second["results"][0]["job_id"] == ids[0]
    assert second["page"] == 2


def test_jobs_of_another_project_are_not_listed(small: Api) -> None:
    job_id = small.create(small.payload(QUERY)).json()["job_id"]
    listed = {
        project: [job["job_id"] for job in small.get("/v1/jobs", project=project)["results"]]
        for project in ("example.com", "empty.example")
    }
    assert job_id in listed["example.com"]
    assert job_id not in listed["empty.example"]


def test_jobs_are_listed_by_the_crawl_that_they_export(small: Api) -> None:
    job_id = small.create(small.payload(QUERY)).json()["job_id"]
    newest = small.get("/v1/jobs", analysis="20240101", size=1)["results"][0]
    assert (newest["job_id"], newest["crawl_date"]) == (job_id, "2024-01-01")
    assert small.get("/v1/jobs", analysis="20231201-7")["count"] == 0


def test_another_account_sees_no_job_of_ours(small: Api) -> None:
    job_id = small.create(small.payload(QUERY)).json()["job_id"]
    with Api(small.url, token="other-token") as stranger:
        assert stranger.http.get(f"/v1/jobs/{job_id}").status_code == 404
        assert all(job["payload"]["username"] == "other-org" for job in stranger.get("/v1/jobs")["results"])


def test_a_part_of_a_file_can_be_fetched(small: Api) -> None:
    address = small.done(small.payload(QUERY))["results"]["download_url"]
    whole = small.files.get(address)
    part = small.files.get(address, headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:])
    assert part.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"


def test_a_part_of_another_version_is_answered_with_the_whole(small: Api) -> None:
    address = small.done(small.payload(QUERY))["results"]["download_url"]
    part = small.files.get(address, headers={"Range": "bytes=100-", "If-Range": '"another"'})
    assert part.status_code == 200
    assert gzip.decompress(part.content)


def test_a_part_beyond_the_end_is_refused_with_the_length(small: Api) -> None:
    address = small.done(small.payload(QUERY))["results"]["download_url"]
    length = len(small.files.get(address).content)
    part = small.files.get(address, headers={"Range": f"bytes={length}-"})
    assert (part.status_code, part.headers["content-range"]) == (416, f"bytes */{length}")


def test_a_token_sent_to_the_downloads_is_accepted_and_noted(small: Api) -> None:
    address = small.done(small.payload(QUERY))["results"]["download_url"]
    path = httpx.URL(address).path
    assert small.files.get(address, headers={"Authorization": "Token emulator"}).status_code == 200
    assert small.files.get(address).status_code == 200
    noted = [entry["token"] for entry in small.requests("GET", path) if entry["origin"] == "downloads"]
    assert noted == [True, False]


def test_a_guessed_address_is_denied(small: Api) -> None:
    address = small.done(small.payload(QUERY))["results"]["download_url"]
    assert small.files.get(re.sub(r"\w{32}", "0" * 32, address)).status_code == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "1020"),
        ([], "1020"),
        ({"job_type": "export"}, "1020"),
        ({"job_type": "import", "payload": {}}, "1020"),
        ({"job_type": "export", "payload": {"project": "example.com"}}, "1020"),
        ({"job_type": "export", "payload": {"username": "nobody", "project": "example.com"}}, "1007"),
        ({"job_type": "export", "payload": {"username": "example-org", "project": "nothing"}}, "1010"),
    ],
)
def test_a_job_without_its_outer_shape_is_refused_at_once(small: Api, body: Any, code: str) -> None:
    answer = small.http.post("/v1/jobs", json=body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["error_code"] == code


@pytest.mark.parametrize(
    "wrong",
    [
        *({"export_size": 0}, {"export_size": "10"}, {"export_size": True}, {"connector": "elsewhere"}),
        *({"formatter": "pdf"}, {"formatter_config": []}, {"formatter_config": {"delimiter": ""}}),
        *({"formatter_config": {"header_format": "loud"}}, {"extra_config": "zip"}),
    ],
)
def test_options_of_the_wrong_kind_are_refused_at_once(small: Api, wrong: Any) -> None:
    answer = small.create(small.payload(QUERY, **wrong))
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (400, "1020")
