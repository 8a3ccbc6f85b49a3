"""The older API: lists and exports of URLs in BQLv1, aggregations, web logs."""

from __future__ import annotations

import csv
import gzip
import io
import time
import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.emulator.client import Api

CRAWL = "/v1/analyses/example-org/example.com/20240101"
LIST = {
    "fields": ["url", "http_code", "metadata.title.nb"],
    "filters": {"field": "http_code", "predicate": "gte", "value": 300},
    "sort": ["http_code", {"url": {"order": "desc"}}],
}
LOGS = {
    "filters": {"field": "crawls.google.count", "predicate": "gt", "value": 5},
    "fields": ["url", "crawls.google.count"],
    "sort": [{"crawls.google.count": {"order": "desc"}}],
}


def test_urls_are_listed_as_nested_objects_in_pages(small: Api) -> None:
    listed = small.http.post(f"{CRAWL}/urls", json=LIST, params={"size": 5}).json()
    assert set(listed["results"][0]) == {"url", "http_code", "metadata"}
    assert listed["results"][0]["metadata"] == {"title": {"nb": 0}}
    assert listed["count"] > listed["size"] == 5
    codes = [row["http_code"] for row in listed["results"]]
    assert codes == sorted(codes)
    assert min(codes) >= 300


def test_a_list_of_urls_has_a_row_for_each_even_without_the_url(small: Api) -> None:
    listed = small.http.post(f"{CRAWL}/urls", json={"fields": ["depth"]}).json()
    assert listed["count"] == 273


def test_every_url_of_a_crawl_can_be_looked_at_by_itself(small: Api) -> None:
    listed = small.http.post(f"{CRAWL}/urls", json={"fields": ["url"]}, params={"size": 20}).json()["results"]
    urls = [row["url"] for row in listed]
    assert any(url.endswith("/") for url in urls)
    for url in urls:
        once = quote(url, safe="")
        for given in (once, once + "/", quote(once, safe="")):
            assert small.get(f"{CRAWL}/urls/{given}", fields="url") == {"url": url}


def test_one_url_tells_everything(small: Api) -> None:
    url = small.http.post(f"{CRAWL}/urls", json=LIST, params={"size": 1}).json()["results"][0]["url"]
    known = small.get(f"{CRAWL}/urls/{url}")
    assert known["url"] == url
    assert "title" in known["metadata"]
    assert small.http.get(f"{CRAWL}/urls/https://nowhere.example/").json()["error"]["error_code"] == "1017"


def test_aggregations_are_answered_one_by_one(small: Api) -> None:
    good = {"aggs": [{"group_by": ["http_code"], "metrics": ["count", {"avg": "depth"}]}]}
    bad = {"aggs": [{"group_by": ["no_such_field"]}]}
    answer = small.http.post(f"{CRAWL}/urls/aggs", json=[good, bad])
    assert answer.status_code == 200
    first, second = answer.json()
    assert (first["status"], second["status"]) == (200, 400)
    assert sum(group["metrics"][0] for group in first["data"]["aggs"][0]["groups"]) == first["data"]["count"] == 273
    assert second["error"]["error_code"] == "1029"


def test_aggregations_are_over_the_area_that_is_asked_for(small: Api) -> None:
    def counted(area: str) -> tuple[int, int]:
        address = "/v1/analyses/example-org/example.com/20240101-2/urls/aggs"
        body = [{"aggs": [{"group_by": ["depth"]}]}]
        (answer,) = small.http.post(address, json=body, params={"area": area}).json()
        (groups,) = answer["data"]["aggs"]
        return answer["data"]["count"], sum(group["metrics"][0] for group in groups["groups"])

    for area in ("current", "new", "disappeared"):
        assert counted(area) == (len(urls_of(small, area)),) * 2
    orphans = small.http.post(f"{CRAWL}/urls/aggs", json=[{}], params={"area": "search_engines_orphans"})
    assert orphans.json()[0]["error"]["error_code"] == "1034"


def test_aggregations_know_ranges_and_distinct_values(small: Api) -> None:
    ranges = {"range": {"field": "byte_size", "ranges": [{"to": 1000}, {"from": 1000}]}}
    query = {"aggs": [{"group_by": [ranges]}, {"group_by": [{"distinct": {"field": "protocol"}}]}]}
    (answer,) = small.http.post(f"{CRAWL}/urls/aggs", json=[query]).json()
    sizes, protocols = answer["data"]["aggs"]
    assert [group["key"] for group in sizes["groups"]] == [[{"to": 1000}], [{"from": 1000}]]
    assert {group["key"][0] for group in protocols["groups"]} == {"http", "https"}


def test_the_data_model_has_the_fields_by_id(small: Api) -> None:
    model = small.get(f"{CRAWL}/urls/datamodel")
    assert set(model) == {"fields", "groups", "max_timeseries_fields", "aliases"}
    assert model["fields"]["metadata.h1.contents"]["multiple"] is True
    described = small.get("/v1/projects/example-org/example.com/collections/crawl.20240101")
    assert small.get(f"{CRAWL}/urls/datasets") == described["datasets"]


def legacy_export(api: Api, body: Any, crawl: str = CRAWL, **params: Any) -> Any:
    answer = api.http.post(f"{crawl}/urls/export", json=body, params=params)
    assert answer.status_code == 201, answer.text
    job = answer.json()
    while job["job_status"] not in ("DONE", "FAILED"):
        time.sleep(0.02)
        job = api.get(job["job_url"])
    return job


def test_a_legacy_export_has_an_absolute_address_and_a_row_count(small: Api) -> None:
    created = small.http.post(f"{CRAWL}/urls/export", json=LIST).json()
    assert created["job_url"] == f"{small.url}{CRAWL}/urls/export/{created['job_id']}"
    assert (created["nb_results"], created["results"], created["area"]) == (None, None, "current")
    job = legacy_export(small, LIST)
    text = gzip.decompress(small.files.get(job["results"]["download_url"]).content).decode()
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[:2] == [["sep=", ""], ["Full URL", "HTTP Status Code", "Metadata Title Nb"]]
    assert len(lines) - 2 == job["nb_results"] > 10


def test_a_legacy_export_can_be_a_zip(small: Api) -> None:
    job = legacy_export(small, LIST, compression="zip")
    with zipfile.ZipFile(io.BytesIO(small.files.get(job["results"]["download_url"]).content)) as archive:
        assert len(archive.namelist()) == 1


def test_legacy_exports_are_listed_by_crawl_and_not_among_the_jobs(small: Api) -> None:
    job = legacy_export(small, LIST)
    assert small.get(f"{CRAWL}/urls/export")["results"][0]["job_id"] == job["job_id"]
    other = small.get("/v1/analyses/example-org/example.com/20231201/urls/export")
    assert other["count"] == 0
    assert small.http.get(f"/v1/jobs/{job['job_id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "params", "code"),
    [
        ({}, {}, "1016"),
        ({"fields": []}, {}, "1016"),
        ({"fields": ["depth"] * 11}, {}, "1027"),
        ({"fields": ["url", "metadata.h1.contents", "metadata.h2.contents"]}, {}, "1028"),
        ({"fields": ["no_such_field"]}, {}, "1029"),
        ({"fields": ["url"], "filter": {}}, {}, "1022"),
        ({"fields": ["url"]}, {"area": "elsewhere"}, "1019"),
        ({"fields": ["url"]}, {"compression": "rar"}, "1020"),
        ([], {}, "1020"),
    ],
)
def test_a_legacy_export_that_is_wrong_is_refused(small: Api, body: Any, params: Any, code: str) -> None:
    answer = small.http.post(f"{CRAWL}/urls/export", json=body, params=params)
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (400, code)


def test_an_unfinished_crawl_cannot_be_asked(small: Api) -> None:
    answer = small.http.post("/v1/analyses/example-org/example.com/20240201/urls", json=LIST)
    assert answer.json()["error"]["error_code"] == "1044"


def test_web_logs_are_listed_by_dates_without_dashes(small: Api) -> None:
    answer = small.http.post("/v1/logs/example-org/example.com/urls/20231210/20231220", json=LOGS)
    counts = [row["crawls"]["google"]["count"] for row in answer.json()["results"]]
    assert counts == sorted(counts, reverse=True)
    assert min(counts) > 5


def test_web_logs_out_of_range_or_of_a_project_without_any_are_refused(small: Api) -> None:
    late = small.http.post("/v1/logs/example-org/example.com/urls/20300101/20300102", json=LOGS)
    none = small.http.post("/v1/logs/example-org/empty.example/urls/20231210/20231220", json=LOGS)
    assert [answer.json()["error"]["error_code"] for answer in (late, none)] == ["1055", "1034"]


def test_web_logs_are_exported_as_a_job_with_dashed_dates(small: Api) -> None:
    config = {"print_header": True, "print_delimiter": True}
    days = {"date_start": "2023-12-10", "date_end": "2023-12-20"}
    rows = small.table(small.payload(LOGS, formatter_config=config, **days), "logs_urls_export")
    assert rows[:2] == [["sep=", ""], ["Full URL", "Crawls: Count On Period By Google"]]
    asked = small.http.post("/v1/logs/example-org/example.com/urls/20231210/20231220", json=LOGS).json()
    assert len(rows) - 2 == asked["count"] > 10


def test_a_log_export_of_a_project_without_logs_fails(small: Api) -> None:
    days = {"date_start": "2023-12-10", "date_end": "2023-12-20"}
    payload = small.payload(LOGS, **days) | {"project": "empty.example"}
    assert small.done(payload, "logs_urls_export")["job_status"] == "FAILED"


def urls_of(small: Api, area: str, crawl: str = "20240101-2", **params: str) -> set[str]:
    address = f"/v1/analyses/example-org/example.com/{crawl}/urls"
    listed = small.http.post(address, json={"fields": ["url"]}, params={"area": area, "size": 2000, **params}).json()
    assert listed["count"] == len(listed["results"])
    return {row["url"] for row in listed["results"]}


def test_new_and_disappeared_urls_are_the_difference_between_two_crawls(small: Api) -> None:
    before, after = urls_of(small, "current", "20240101"), urls_of(small, "current")
    assert urls_of(small, "new") == after - before != set()
    assert urls_of(small, "disappeared") == before - after != set()


def test_a_crawl_can_be_compared_with_any_other(small: Api) -> None:
    older, after = urls_of(small, "current", "20231201"), urls_of(small, "current")
    assert urls_of(small, "new", previous_crawl="20231201") == after - older


def test_what_disappeared_is_shown_as_it_was(small: Api) -> None:
    body = {"fields": ["url", "depth"], "filters": {"field": "depth", "predicate": "exists"}}
    address = "/v1/analyses/example-org/example.com/20240101-2/urls"
    gone = small.http.post(address, json=body, params={"area": "disappeared", "size": 2000}).json()["results"]
    known = small.http.post(f"{CRAWL}/urls", json=body, params={"size": 2000}).json()["results"]
    assert gone
    assert all(row in known for row in gone)


def test_orphans_are_what_google_crawled_and_the_crawl_did_not_meet(small: Api) -> None:
    seen = {"fields": ["url"], "filters": {"field": "crawls.google.count", "predicate": "gt", "value": 0}}
    logged = small.http.post(
        "/v1/logs/example-org/example.com/urls/20231202/20240101", json=seen, params={"size": 2000}
    ).json()
    google = {row["url"] for row in logged["results"]}
    body = {
        "fields": ["url", "search_engines.google.crawls.count"],
        "filters": {"field": "search_engines.google.crawls.count", "predicate": "gt", "value": 0},
    }
    orphans = small.http.post(f"{CRAWL}/urls", json=body, params={"area": "search_engines_orphans", "size": 2000})
    assert {row["url"] for row in orphans.json()["results"]} == google - urls_of(small, "current", "20240101")


def test_an_area_that_a_project_cannot_answer_is_refused(small: Api) -> None:
    def refused(crawl: str, **params: str) -> str:
        address = f"/v1/analyses/example-org/example.com/{crawl}/urls"
        answer = small.http.post(address, json={"fields": ["url"]}, params=params)
        return str(answer.json()["error"]["error_code"])

    assert refused("20240101", area="elsewhere") == "1019"
    assert refused("20240101", area="gsc_keywords") == "1034"
    assert refused("20231201", area="new") == "1035"
    assert refused("20240101", area="new", previous_crawl="20200101") == "1004"


def test_an_area_is_exported_like_the_crawl(small: Api) -> None:
    job = legacy_export(small, {"fields": ["url"]}, f"{CRAWL}-2", area="new")
    assert (job["area"], job["nb_results"]) == ("new", len(urls_of(small, "new")))
    lines = gzip.decompress(small.files.get(job["results"]["download_url"]).content).decode().splitlines()
    assert {line.strip('"') for line in lines[2:]} == urls_of(small, "new")
