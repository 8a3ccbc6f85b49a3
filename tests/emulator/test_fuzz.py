"""Malformed requests by the thousand: refused, or understood, and never a 500."""

from __future__ import annotations

import copy
import json
import os
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.client import crawl_query
from tests.emulator.queries import Queries
from tests.emulator.test_bql import OFFICIAL
from tests.emulator.test_second_opinion import PREFIX, SLUG, all_rows

if TYPE_CHECKING:
    import httpx

    from tests.emulator.client import Api

# For a longer look: BQLRUN_FUZZ=20000 BQLRUN_SEED=2 pytest tests/emulator/test_fuzz.py
REQUESTS = int(os.environ.get("BQLRUN_FUZZ", "800"))
SEED = int(os.environ.get("BQLRUN_SEED", "1"))
CRAWL = "/v1/analyses/example-org/example.com/20240101"
PROJECT = "/v1/projects/example-org/example.com"
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**63,
        -(2**63),
        10**400,
        1.5,
        -0.0,
        1e308,
        "",
        " ",
        "url",
        "\x00",
        "\ud800",
        "é" * 50,
    ),
    *("a" * 20_000, "'; DROP TABLE jobs; --", '"', "{}", "{s}", "?", "$1", "%s", "[0]", "url[0]", "url[99999]", "."),
    *([], {}, [[]], [{}], {"": ""}, {"field": None}, {"field": []}, {"function": 1}, {"function": "sum"}, {"and": {}}),
    *({"literal": []}, {"field": "url", "ranges": [{}]}, {"not": None}, {"index": True}, {"sum": []}, ["url"], [None]),
    *("crawl.20240101.", "crawl.20240101.url", "search_console.period_9.count_clicks", "period_0.date", "9999-12-31"),
)


class Fuzz:
    """Makes requests that once were right."""

    def __init__(self, random: Random, queries: Queries) -> None:
        self._random = random
        self._queries = queries

    def request(self) -> tuple[str, str, bytes, dict[str, str]]:
        method, path, body = self._random.choice(self._right())
        content = self._broken(body)
        if self._random.random() < 0.1:
            method = self._random.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
        if self._random.random() < 0.1:
            path = self._misspelt(path)
        return method, path, content, self._parameters()

    def _right(self) -> list[tuple[str, str, Any]]:
        query: Any = {"collections": [f"crawl.{SLUG}"], "query": self._queries.query()}
        if self._random.random() < 0.3:
            query = copy.deepcopy(self._random.choice(OFFICIAL))
        payload = {"username": "example-org", "project": "example.com", "formatter": "csv", "query": query}
        payload |= {"formatter_config": {"print_header": True}, "extra_config": {}, "export_size": 5}
        older = {"fields": ["url", "depth"], "filters": query["query"].get("filters"), "sort": ["url"]}
        days = {"date_start": "2023-12-10", "date_end": "2023-12-20"}
        aggregated = [{"aggs": [{"group_by": ["depth"], "metrics": ["count"]}], "filters": older["filters"]}]
        return [
            *[("POST", f"{PROJECT}/query", query)] * 6,
            *[("POST", "/v1/jobs", {"job_type": "export", "payload": payload})] * 2,
            ("POST", "/v1/jobs", {"job_type": "logs_urls_export", "payload": payload | days | {"query": older}}),
            ("POST", f"{CRAWL}/urls", older),
            ("POST", f"{CRAWL}/urls/aggs", aggregated),
            ("POST", f"{CRAWL}/urls/export", older),
            ("POST", "/v1/logs/example-org/example.com/urls/20231210/20231220", older),
            ("POST", "/_emulator/faults", {"fault": "delay", "path": "/nowhere", "times": 1}),
            *[("GET", f"{CRAWL}/{name}", None) for name in ("crawl_statistics", "urls/https://www.example.com/")],
            *[("GET", f"{PROJECT}/{name}", None) for name in ("collections/global", "filters", "jobs")],
            ("GET", "/v1/jobs", None),
        ]

    def _broken(self, body: Any) -> bytes:
        spoilt = copy.deepcopy(body)
        for _ in range(self._random.randint(0, 3)):
            spoilt = changed(self._random, spoilt)
        content = _encoded(spoilt)
        kind = self._random.random()
        if kind < 0.05:
            return content[: self._random.randint(0, len(content))]
        if kind < 0.1:
            place = self._random.randint(0, len(content))
            return content[:place] + self._random.randbytes(3) + content[place:]
        return content

    def _misspelt(self, path: str) -> str:
        place = self._random.randint(1, len(path))
        return (
            path[:place]
            + self._random.choice(["/", "//", "%00", "%ff", "..", "é", "%2F", "{org}", "?", "x"])
            + path[place:]
        )

    def _parameters(self) -> dict[str, str]:
        names = ("page", "size", "count", "area", "compression", "only_success", "job_type", "project", "export_size")
        values = ("", "0", "1", "2", "-1", "x", "99999999999", "1e3", "٣", "\x00", "zip", "null", "new", "disappeared")
        return {name: self._random.choice(values) for name in names if self._random.random() < 0.08}


def changed(random: Random, node: Any) -> Any:
    """The same with one thing in it replaced, renamed, doubled or taken away."""
    if not isinstance(node, dict | list) or not node or random.random() < 0.15:
        return copy.deepcopy(random.choice(ODD))
    key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
    kind = random.random()
    if kind < 0.7:
        node[key] = changed(random, node[key])
    elif isinstance(node, dict):
        node[str(random.choice(ODD))[:40]] = node.pop(key) if kind < 0.85 else copy.deepcopy(node[key])
    elif kind < 0.85:
        node.pop(key)
    else:
        node.append(copy.deepcopy(node[key]))
    return node


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.content:
        error = answer.json()["error"]
        assert set(error) <= {"error_code", "message", "error_detail"}
        assert error["error_code"].isdigit()
        assert "Error:" not in error["message"]


@pytest.mark.parametrize("part", range(3))
def test_no_request_is_answered_with_a_500(small: Api, part: int) -> None:
    random = Random(SEED * 10 + part)  # noqa: S311 - repeatable, and no secret
    fuzz = Fuzz(random, Queries(all_rows(small), PREFIX, random))
    refused = 0
    for _ in range(REQUESTS):
        method, path, content, params = fuzz.request()
        answer = small.http.request(method, small.url + path, content=content, params=params or None)
        try:
            check(answer)
        except (AssertionError, KeyError, ValueError) as error:
            raise AssertionError((method, path, content[:2000], params, answer.status_code, answer.text)) from error
        refused += answer.status_code >= 400
    assert REQUESTS / 4 < refused < REQUESTS, "some are refused, some are understood"


def test_what_the_fuzz_leaves_behind_can_be_downloaded_or_has_failed(small: Api) -> None:
    random = Random(SEED)  # noqa: S311 - repeatable, and no secret
    queries = Queries(all_rows(small), PREFIX, random)
    for _ in range(20):
        body = {"collections": [f"crawl.{SLUG}"], "query": queries.query()}
        job = small.done(small.payload(body, formatter=random.choice(["csv", "json", "xml"])))
        assert job["job_status"] == "DONE"
        assert small.http.get(job["results"]["download_url"]).status_code == 200


def test_an_answer_is_an_answer_even_to_a_query_nested_beyond_reason(small: Api) -> None:
    deep = '{"not":' * 100_000 + "{}" + "}" * 100_000
    content = json.dumps(crawl_query(SLUG, "url", filters="DEEP")).replace('"DEEP"', deep)
    answer = small.http.post(f"{PROJECT}/query", content=content.encode())
    assert answer.status_code == 400
