"""Every endpoint's shape, against the facts: keys, envelopes, pages, addresses, refusals."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runner.emulator.world import Crawl
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    import httpx

EXAMPLE = "example-org/example.com"


def error(answer: httpx.Response) -> tuple[int, str, str]:
    found = answer.json()["error"]
    assert set(found) <= {"error_code", "message", "error_detail"}
    return answer.status_code, found["error_code"], found["message"]


@pytest.mark.parametrize("header", ["Token emulator", "token emulator", "TOKEN  emulator"])
def test_the_word_before_the_token_may_be_in_any_case(small: Api, header: str) -> None:
    answer = small.files.get(f"{small.url}/v1/authentication/profile", headers={"Authorization": header})
    assert answer.json()["data"]["username"] == "example-org"


@pytest.mark.parametrize("header", [None, "emulator", "Bearer emulator", "Token", "Token wrong"])
def test_without_a_known_token_nothing_is_answered(small: Api, header: str | None) -> None:
    answer = small.files.get(f"{small.url}/v1/jobs", headers={"Authorization": header} if header else {})
    assert answer.json() == {"error": {"error_code": "1001", "message": "Not Authorized"}}
    assert answer.status_code == 401


def test_an_organisation_of_another_account_is_denied(small: Api) -> None:
    with Api(small.url, token="other-token") as stranger:
        answer = stranger.http.get(f"/v1/analyses/{EXAMPLE}/light")
    assert error(answer) == (403, "1002", "Permission denied")


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("/v1/users/nobody/projects", "1007", "User was not found"),
        ("/v1/analyses/nobody/example.com/light", "1007", "User was not found"),
        ("/v1/analyses/example-org/nothing/light", "1010", "Project was not found"),
        (f"/v1/analyses/{EXAMPLE}/19990101", "1004", "Analysis was not found"),
        (f"/v1/analyses/{EXAMPLE}/20240101/urls/export/999999", "1006", "Url export was not found"),
        ("/v1/jobs/999999", "1000", "Not found"),
        ("/v1/jobs/not-a-number", "1000", "Not found"),
        (f"/v1/analyses/{EXAMPLE}/19990101/crawl_statistics", "1004", "Analysis was not found"),
        (
            f"/v1/analyses/{EXAMPLE}/20240101/crawl_statistics",
            *("1011", "Crawl Statistics Data is currently not available"),
        ),
        (f"/v1/projects/{EXAMPLE}/filters/1", "1000", "Not found"),
        (f"/v1/projects/{EXAMPLE}/collections/crawl.1", "1000", "Not found"),
        ("/v1/nothing", "1000", "Not found"),
        ("/elsewhere", "1000", "Not found"),
    ],
)
def test_what_is_not_there_is_not_found(small: Api, path: str, code: str, message: str) -> None:
    assert error(small.http.get(path)) == (404, code, message)


def test_another_method_is_not_allowed(small: Api) -> None:
    answer = small.http.delete("/v1/jobs")
    assert error(answer) == (405, "1039", "Method not allowed")
    assert answer.headers["allow"] == "POST, GET, HEAD, OPTIONS"


def test_an_address_says_which_methods_it_takes(small: Api) -> None:
    answer = small.http.options("/v1/jobs/")
    assert (answer.status_code, answer.headers["allow"]) == (200, "POST, GET, HEAD, OPTIONS")
    assert error(small.http.options("/v1/nothing")) == (404, "1000", "Not found")


def test_a_projects_jobs_are_listed_where_the_app_lists_them(small: Api) -> None:
    job = small.done(small.payload(crawl_query("20240101", "url")))
    listed = small.get(f"/v1/projects/{EXAMPLE}/jobs", size=500)
    assert job["job_id"] in [found["job_id"] for found in listed["results"]]
    assert listed["count"] == small.get("/v1/jobs", project="example.com")["count"]
    assert small.get("/v1/projects/example-org/empty.example/jobs", job_type="export")["count"] == 0


@pytest.mark.parametrize(
    "path", [f"/v1/analyses/{EXAMPLE}/light", f"/v1/projects/{EXAMPLE}/collections", "/v1/projects/example-org"]
)
def test_a_slash_at_the_end_and_the_address_of_the_app_change_nothing(small: Api, path: str) -> None:
    plain = small.http.get(path, params={"size": 1}).json()
    assert small.http.get(f"{path}/", params={"size": 1}).json() == plain
    assert type(small.http.get(f"/api{path}", params={"size": 1}).json()) is type(plain)


def test_the_short_list_has_finished_crawls_only_and_the_newest_first(small: Api) -> None:
    listed = small.get(f"/v1/analyses/{EXAMPLE}/light")
    assert [crawl["slug"] for crawl in listed["results"]] == ["20240101-10", "20240101-2", "20240101", "20231201"]
    assert (listed["count"], listed["page"], listed["next"], listed["previous"]) == (4, 1, None, None)
    assert set(listed["results"][0]) == {
        *("pk", "slug", "name", "friendly_name", "url", "status", "urls_done", "urls_in_queue", "date_launched"),
        *("date_finished", "date_last_modified", "date_created", "to_be_deleted_at", "comparable"),
        *("excluded_from_trends", "has_raw_pages"),
    }


def test_other_crawls_are_listed_when_they_are_asked_for(small: Api) -> None:
    listed = small.get(f"/v1/analyses/{EXAMPLE}/light", only_success="false")["results"]
    assert {crawl["slug"]: crawl["status"] for crawl in listed if crawl["status"] != "success"} == {
        "20240201": "crawling",
        "20240115": "failed",
    }


def test_pages_lead_to_one_another_by_absolute_addresses(small: Api) -> None:
    first = small.get(f"/v1/analyses/{EXAMPLE}/light", page=1, size=3)
    assert first["next"].startswith(f"{small.url}/v1/analyses/{EXAMPLE}/light?")
    second = small.get(first["next"])
    assert [crawl["slug"] for crawl in second["results"]] == ["20231201"]
    assert second["next"] is None
    assert small.get(second["previous"])["results"] == first["results"]


def test_the_app_leads_to_addresses_of_the_app(small: Api) -> None:
    first = small.get(f"/api/v1/analyses/{EXAMPLE}/light", size=1)
    assert first["next"].startswith(f"{small.url}/api/v1/analyses/")


def test_the_long_list_has_its_own_keys(small: Api) -> None:
    crawl = small.get(f"/v1/analyses/{EXAMPLE}")["results"][0]
    assert set(crawl) == {
        *("id", "slug", "name", "status", "url", "urls_done", "urls_in_queue", "date_launched", "date_finished"),
        *("date_last_modified", "user", "features", "failures", "config", "red_button_domain"),
    }
    assert small.get(f"/v1/analyses/{EXAMPLE}/{crawl['slug']}") == crawl


def test_collections_are_a_bare_list(small: Api) -> None:
    listed = small.get(f"/v1/projects/{EXAMPLE}/collections")
    assert [found["id"] for found in listed] == [
        *("global", "crawl.20231201", "crawl.20240101", "crawl.20240101-2", "crawl.20240101-10"),
        *("search_console", "logs"),
    ]
    console = listed[5]
    assert (console["timestamped"], console["date_start"], console["date_end"]) == (True, "2023-12-01", "2024-01-31")


def test_collections_and_crawls_are_named_and_dated_as_the_app_does(small: Api) -> None:
    listed = {found["id"]: found for found in small.get(f"/v1/projects/{EXAMPLE}/collections")}
    assert listed["crawl.20240101-2"] == {
        "id": "crawl.20240101-2",
        "name": "2024 Jan. 1st (2)",
        "generic_name": "crawl",
        "date": "2024-01-01",
        "timestamped": False,
    }
    assert listed["global"]["date"] == listed["search_console"]["date"] == datetime.now(UTC).date().isoformat()
    names = {crawl["slug"]: crawl["name"] for crawl in small.get(f"/v1/analyses/{EXAMPLE}/light")["results"]}
    assert names["20231201"] == "2023 Dec. 1st"
    assert names["20240101-10"] == "2024 Jan. 1st (10)"


def test_the_days_of_a_month_are_counted_in_english() -> None:
    names = [Crawl(f"202403{day:02}", ()).name for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30)]
    endings = [name.removeprefix("2024 Mar. ").lstrip("0123456789") for name in names]
    assert endings == ["st", "nd", "rd", "th", "th", "th", "th", "st", "nd", "rd", "th"]


def test_every_collection_that_is_listed_can_be_looked_at(small: Api) -> None:
    for listed in small.get(f"/v1/projects/{EXAMPLE}/collections"):
        described = small.get(f"/v1/projects/{EXAMPLE}/collections/{listed['id']}")
        fields = [field["id"] for dataset in described["datasets"] for field in dataset["fields"]]
        assert "url" in fields
        assert described["datasets"][0]["name"] == listed["name"]


@pytest.mark.parametrize("name", ["filters", "account_filters", "saved_explorers"])
def test_a_project_has_nothing_saved(small: Api, name: str) -> None:
    listed = small.get(f"/v1/projects/{EXAMPLE}/{name}")
    assert (listed["results"], listed["count"], listed["next"]) == ([], 0, None)
    assert error(small.http.get(f"/v1/projects/example-org/nothing/{name}"))[1] == "1010"


def test_what_nothing_public_shows_is_a_feature_that_is_disabled(small: Api) -> None:
    answer = small.http.get(f"/v1/analyses/{EXAMPLE}/20240101/segments")
    assert error(answer) == (400, "1034", "The requested feature is disabled")


def test_the_documented_fields_are_there(small: Api) -> None:
    described = small.get(f"/v1/projects/{EXAMPLE}/collections/crawl.20240101")
    known = {field["id"]: field for field in described["datasets"][0]["fields"]}
    assert set(known) >= {
        *("url", "depth", "http_code", "byte_size", "delay_last_byte", "metadata.title.content", "metadata.title.len"),
        *("metadata.title.quality", "metadata.title.nb", "metadata.description.content", "metadata.h1.contents"),
        *("metadata.h2.contents", "metadata.structured.breadcrumb.tree", "segments.pagetype.value"),
        *("segments.pagetype.depth_1", "compliant.is_compliant", "compliant.main_reason", "compliant.detailed_reason"),
        *(
            "canonical.to.equal",
            "sitemaps.present",
            "js.rendering.exec",
            "js.rendering.ok",
            "inlinks_internal.nb.unique",
        ),
        *("outlinks_internal.nb.total", "scoring.issues.title_len", "search_engines.google.crawls.count"),
        *("indexable.is_indexable", "internal_page_rank.value", "count_urls_crawl"),
    }
    assert known["compliant.main_reason"]["name"] == "Non-Indexable Main Reason"
    assert known["search_engines.google.crawls.by_day"]["type"] == "timeseries"


def test_a_collection_tells_its_fields_and_which_are_lists(small: Api) -> None:
    described = small.get(f"/v1/projects/{EXAMPLE}/collections/crawl.20240101")
    fields = {field["id"]: field for dataset in described["datasets"] for field in dataset["fields"]}
    assert fields["metadata.h1.contents"]["multiple"] is True
    assert fields["metadata.title.content"]["multiple"] is False
    assert (fields["depth"]["type"], fields["count_urls_crawl"]["kind"]) == ("integer", "metric")
    assert "segments.brand.value" in fields


def test_every_described_field_can_be_asked_for(small: Api) -> None:
    described = small.get(f"/v1/projects/{EXAMPLE}/collections/crawl.20240101")
    names = [field["id"] for field in described["datasets"][0]["fields"] if field["kind"] == "dimension"]
    body = {
        "collections": ["crawl.20240101"],
        "query": {"dimensions": [f"crawl.20240101.{name}" for name in names], "metrics": []},
    }
    assert len(small.rows(body, size=5)[0]) == len(names) > 30


def test_projects_come_as_a_bare_list_and_as_pages(small: Api) -> None:
    bare = small.get("/v1/users/example-org/projects")
    paged = small.get("/v1/projects/example-org")
    assert [found["slug"] for found in bare] == ["example.com", "empty.example"]
    assert (paged["results"], paged["count"]) == (bare, 2)
    assert {"name", "slug", "active", "date_created", "user", "current_settings"} <= set(bare[0])


def test_a_project_called_007_keeps_its_name(small: Api) -> None:
    assert small.get("/v1/analyses/other-org/007/light")["results"][0]["slug"] == "20250101"


def test_the_page_at_the_root_shows_projects_jobs_and_requests(small: Api) -> None:
    small.create(small.payload({}))
    html = small.http.get("/").text
    assert all(text in html for text in ("example.com", "POST /v1/jobs", "Last requests", "crawl.20240101-2"))
    assert "Token" not in html
    assert not re.search(r"[0-9a-f]{32}", html)


def test_a_head_request_has_no_body(small: Api) -> None:
    answer = small.http.head("/v1/jobs")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "1.5", "٣", "99999999999999999999"])
def test_a_page_that_is_no_number_is_refused(small: Api, wrong: str) -> None:
    assert error(small.http.get("/v1/jobs", params={"page": wrong}))[:2] == (400, "1020")


def test_the_request_log_survives_being_read(small: Api) -> None:
    small.get("/v1/jobs")
    before = len(small.requests("GET", "/v1/jobs"))
    assert len(small.requests("GET", "/v1/jobs")) == before > 0
