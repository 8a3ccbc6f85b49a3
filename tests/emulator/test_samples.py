"""The requests that public documents and real clients show, word for word, against a world that has their slugs."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from runner.emulator import embedded
from tests.emulator.client import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

WORLD = """
organisations:
  ORG:
    PROJ:
      analyses:
        - {slug: 20250413, depths: [10, 50, 200, 300]}
        - {slug: 20210205, urls: 400}
        - {slug: 20241108, urls: 400}
        - {slug: 20180829, urls: 400}
      search_console: {start: 2018-08-01, end: 2025-06-01, rows_per_day: 10}
      logs: {start: 2025-04-01, end: 2025-06-01, rows_per_day: 100}
behaviour: {job_seconds: 0}
"""
BASE = {"username": "ORG", "project": "PROJ", "connector": "direct_download", "formatter": "csv"}
A, B = "crawl.20250413.", "crawl.20241108."
CONSOLE = "search_console.period_0."

SEED: Any = {
    "job_type": "export",
    "payload": BASE
    | {
        "export_size": 1000000,
        "query": {
            "collections": ["crawl.20250413"],
            "query": {
                "dimensions": [
                    *(A + "url", A + "metadata.title.content", A + "metadata.description.content"),
                    A + "metadata.h1.contents",
                ],
                "metrics": [],
                "filters": {"field": A + "depth", "predicate": "lte", "value": 3},
                "sort": [{"field": A + "url", "order": "asc"}],
            },
        },
    },
}
HOW_TO: Any = {
    "job_type": "export",
    "payload": BASE
    | {
        "export_size": 5000,
        "query": {
            "collections": ["crawl.20210205"],
            "query": {
                "dimensions": ["url", *(f"crawl.20210205.{name}" for name in ("depth", "http_code", "byte_size"))],
                "metrics": [],
                "sort": [1],
            },
        },
    },
}
JOINED: Any = {
    "job_type": "export",
    "payload": BASE
    | {
        "export_size": 1000000,
        "query": {
            "collections": ["crawl.20241108", "search_console"],
            "periods": [["2024-11-01", "2024-11-08"]],
            "query": {
                "dimensions": [
                    *(B + "url", B + "depth", B + "segments.pagetype.value", B + "compliant.is_compliant"),
                    *(B + "compliant.main_reason", B + "canonical.to.equal", B + "sitemaps.present"),
                    *(B + "js.rendering.exec", B + "js.rendering.ok"),
                ],
                "metrics": [CONSOLE + "count_impressions", CONSOLE + "count_clicks"],
                "filters": {"field": B + "depth", "predicate": "lte", "value": 2},
            },
        },
    },
}
PERFORMANCE: Any = {
    "job_type": "export",
    "payload": {
        "query": {
            "collections": ["search_console"],
            "periods": [["2025-04-21", "2025-05-21"]],
            "query": {
                "dimensions": ["url"],
                "metrics": [
                    {"field": CONSOLE + "count_impressions", "name": "Impressions"},
                    {"field": CONSOLE + "count_clicks", "name": "Clicks"},
                    {"field": CONSOLE + "ctr", "name": "CTR"},
                    {"field": CONSOLE + "avg_position", "name": "Avg. Position"},
                ],
                "sort": [{"type": "metrics", "index": 0, "order": "desc"}],
            },
        },
        "export_size": 1000000,
        "formatter": "csv",
        "connector": "direct_download",
        "formatter_config": {"print_header": True, "print_delimiter": True},
        "extra_config": {"compression": "zip"},
        "username": "ORG",
        "project": "PROJ",
        "export_job_name": "Search Console Export",
    },
}
LOGS: Any = {
    "job_type": "logs_urls_export",
    "payload": {
        "query": {
            "filters": {"field": "crawls.google.count", "predicate": "gt", "value": 0},
            "fields": ["url", "crawls.google.count"],
            "sort": [{"crawls.google.count": {"order": "desc"}}],
        },
        "export_size": 1000000,
        "formatter": "csv",
        "connector": "direct_download",
        "formatter_config": {"print_header": True, "print_delimiter": True},
        "extra_config": {"compression": "zip"},
        "date_start": "2025-04-21",
        "date_end": "2025-05-21",
        "username": "ORG",
        "project": "PROJ",
    },
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("samples")
    (folder / "world.yaml").write_text(WORLD)
    with embedded(folder / "data", folder / "world.yaml") as url, Api(url, "ORG", "PROJ") as client:
        yield client


def exported(api: Api, body: Any) -> list[list[str]]:
    """The records of a job's file, unpacked by what its first bytes say it is."""
    job = api.http.post("/v1/jobs", json=body).json()
    done = api.get(job["job_url"])
    content = api.files.get(done["results"]["download_url"]).content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = archive.read(archive.namelist()[0]).decode()
    else:
        text = gzip.decompress(content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_first_export_of_the_seed_article(api: Api) -> None:
    rows = exported(api, SEED)
    assert rows[0] == ["sep=", ""]
    assert rows[1] == ["Full URL", "Metadata Title Content", "Metadata Description Content", "Metadata H1 Contents"]
    assert len(rows) == 2 + 560
    assert [row[0] for row in rows[2:]] == sorted(row[0] for row in rows[2:])


def test_the_official_how_to(api: Api) -> None:
    rows = exported(api, HOW_TO)[2:]
    assert len(rows) == 400
    depths = [int(row[1]) for row in rows]
    assert depths == sorted(depths), "sort: [1] is the second dimension"


def test_a_crawl_joined_with_the_search_console(api: Api) -> None:
    rows = exported(api, JOINED)
    assert rows[1][0] == "Full URL"
    assert rows[1][-2:] == ["Impressions", "Clicks"]
    assert all(row[0] and int(row[1]) <= 2 for row in rows[2:]), "the filter leaves out what was never crawled"
    assert any(int(row[-2]) > 0 for row in rows[2:])


def test_the_search_console_in_production_use(api: Api) -> None:
    rows = exported(api, PERFORMANCE)
    assert rows[:2] == [["sep=", ""], ["Full URL", "Impressions", "Clicks", "CTR", "Avg. Position"]]
    shown = [int(row[1]) for row in rows[2:]]
    assert shown == sorted(shown, reverse=True)
    for _, impressions, clicks, ctr, _ in rows[2:20]:
        assert float(ctr) == pytest.approx(100 * int(clicks) / int(impressions), abs=1e-4)


def test_the_web_logs_in_production_use(api: Api) -> None:
    rows = exported(api, LOGS)
    assert rows[:2] == [["sep=", ""], ["Full URL", "Crawls: Count On Period By Google"]]
    counts = [int(row[1]) for row in rows[2:]]
    assert counts == sorted(counts, reverse=True)
    assert min(counts) > 0


def test_the_depths_that_size_an_export(api: Api) -> None:
    body = {
        "collections": ["crawl.20250413"],
        "query": {
            "dimensions": [A + "depth"],
            "metrics": [{"field": A + "count_urls_crawl"}],
            "sort": [{"field": A + "depth", "order": "asc"}],
        },
    }
    answer = api.ask(body).json()
    assert answer["results"] == [
        {"dimensions": [0], "metrics": [10]},
        {"dimensions": [1], "metrics": [50]},
        {"dimensions": [2], "metrics": [200]},
        {"dimensions": [3], "metrics": [300]},
    ]


def test_the_size_of_a_link_graph_before_it_is_exported(api: Api) -> None:
    shallow = {"field": A + "depth", "predicate": "lte", "value": 1}
    size = {"dimensions": [], "metrics": [{"function": "sum", "args": [A + "outlinks_internal.nb.total"]}]}
    [[edges]] = api.rows({"collections": ["crawl.20250413"], "query": size | {"filters": shallow}})
    graph = {"dimensions": [A + "url", A + "outlinks_internal.graph.url"], "metrics": [], "filters": shallow}
    query = {"collections": ["crawl.20250413"], "query": graph}
    rows = exported(api, {"job_type": "export", "payload": BASE | {"export_size": 1000000, "query": query}})
    assert len(rows) - 2 == edges > 60


def test_a_limit_in_a_query_and_a_filter_without_its_s_are_refused_as_the_seed_article_saw(api: Api) -> None:
    for key, value in (("limit", 10), ("filter", {"field": A + "depth", "predicate": "eq", "value": 1})):
        query = {"dimensions": [A + "url"], "metrics": [], key: value}
        answer = api.ask({"collections": ["crawl.20250413"], "query": query})
        assert answer.status_code == 400
        assert key in answer.json()["error"]["error_detail"]["reason"]


def test_the_light_list_has_the_newest_slug_first(api: Api) -> None:
    listed = api.get("/v1/analyses/ORG/PROJ/light", page=1, size=500)
    assert [crawl["slug"] for crawl in listed["results"]] == ["20250413", "20241108", "20210205", "20180829"]
    assert listed["size"] == 500


def test_an_official_query_joins_days_keywords_and_a_crawl(api: Api) -> None:
    body = {
        "collections": ["search_console", "crawl.20180829"],
        "periods": [["2018-08-01", "2018-08-30"]],
        "query": {
            "dimensions": ["url", "keyword", "period_0.date"],
            "metrics": ["search_console.period_0.avg_position"],
            "filters": {"field": "crawl.20180829.http_code", "predicate": "eq", "value": 200},
            "sort": [{"type": "dimensions", "index": 2, "order": "asc"}],
        },
    }
    rows = api.rows(body)
    days = [row[2] for row in rows]
    assert days == sorted(days)
    assert {"2018-08-01", "2018-08-30"} <= set(days)
    assert all(row[0] and row[1] and row[3] is not None for row in rows)
