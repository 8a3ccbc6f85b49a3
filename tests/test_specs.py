"""Every example of specs/ runs, and its files hold what was computed apart from the program: by hand, or row by row."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import TOKEN, Desk, Emulated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.stores import Store

SPECS = Path(__file__).parent.parent / "specs"
CRAWL = "crawl.20250413"
# The demo's crawl, depth by depth: differences of the cumulative counts that are promised of it.
DEMO = [10, 550, 28_000, 275_000, 825_000, 660_000, 440_000, 275_000, 165_000, 110_000, 55_000, 44_000, 33_000, 28_000]
DEMO += [22_000, 17_000, 11_000, 6_000, 3_000, 1_100, 550]
WORLD = f"""
organisations:
  example-org:
    example.com:
      analyses: [{{slug: 20250413, depths: {DEMO}}}, {{slug: 20250330, depths: [5, 400, 30000], shift: 100}}]
      logs: {{start: 2025-03-01, end: 2025-05-01, rows_per_day: 2000}}
      search_console: {{start: 2025-02-15, end: 2025-05-01, rows_per_day: 500}}
    example.fr: {{analyses: [{{slug: 20250413, depths: [1, 300]}}]}}
    example.de: {{analyses: [{{slug: 20250413, depths: [1, 40, 59]}}, {{slug: 20250420, depths: [1, 50, 99]}}]}}
    example.it: {{analyses: []}}
tokens: {{{TOKEN}: [example-org]}}
behaviour: {{job_seconds: 0.2}}
"""


@pytest.fixture(scope="module")
def botify(botify_of: Callable[[str], Emulated]) -> Emulated:
    """One Botify for all examples: the demo's crawl and an agency's other customers."""
    return botify_of(WORLD)


@pytest.fixture
def desk(tmp_path: Path, botify: Emulated) -> Desk:
    """A user's folder with the examples."""
    shutil.copytree(SPECS, tmp_path / "specs")
    return Desk(tmp_path, {"BOTIFY_API_URL": botify.url, "BOTIFY_API_TOKEN": TOKEN})


def tables(desk: Desk, spec: str) -> dict[str, list[list[str]]]:
    """Run a spec; its files by project and name, as Python's own reader sees them."""
    ran = desk.bqlrun("run", f"specs/{spec}")
    assert ran.code == 0, ran.text
    found = {}
    for path, body in desk.files().items():
        if ".csv" in path:
            text = gzip.decompress(body) if path.endswith(".gz") else body
            _, project, analysis, name = path.split("/")
            key = f"{project}/{analysis}/{name.partition('.')[0]}"
            found[key] = list(csv.reader(io.StringIO(text.decode(), newline="")))
    return found


def counted(botify: Emulated, dimension: str, deepest: int) -> dict[Any, int]:
    """URLs down to a depth by the values of a field: grouped by the API, added up here."""
    bql = {
        "collections": [CRAWL],
        "query": {
            "dimensions": [f"{CRAWL}.depth", f"{CRAWL}.{dimension}"],
            "metrics": [{"field": f"{CRAWL}.count_urls_crawl"}],
        },
    }
    sums: dict[Any, int] = {}
    for depth, value, count in botify.query("example.com", bql):
        if depth <= deepest:
            sums[value] = sums.get(value, 0) + count
    return sums


def test_every_example_is_tested() -> None:
    tested = {"demo", "weekly-metadata", "error-pages", "link-graph", "search-performance", "agency"}
    tested |= {"crawl-comparison", "web-logs", "legacy-urls", "whole-site", "portfolio", "to-a-bucket"}
    assert {path.stem for path in SPECS.rglob("*.yaml")} == tested


def test_the_demo(desk: Desk, botify: Emulated) -> None:
    found = tables(desk, "demo.yaml")
    titles, errors = found["example.com/20250413/url-metadata"], found["example.com/20250413/errors"]
    assert titles[0] == ["url", "metadata.title.content", "metadata.description.content", "metadata.h1.contents"]
    assert len(titles) - 1 == 303_560
    assert errors[0] == ["url", "http_code", "inlinks_internal.nb.unique"]
    codes = counted(botify, "http_code", 3)
    assert sum(codes.values()) == 303_560
    assert len(errors) - 1 == sum(count for code, count in codes.items() if code != 200)


def test_the_weekly_metadata(desk: Desk) -> None:
    [(name, titles)] = tables(desk, "weekly-metadata.yaml").items()
    assert name == "example.com/20250413/titles-and-headings"
    assert titles[0][:2] == ["url", "depth"]
    assert len(titles) - 1 == 303_560
    by_depth = [sum(row[1] == str(depth) for row in titles[1:]) for depth in range(5)]
    assert by_depth == [10, 550, 28_000, 275_000, 0]


def test_the_error_pages(desk: Desk, botify: Emulated) -> None:
    [pages] = tables(desk, "error-pages.yaml").values()
    assert pages[0] == ["Address", "Status", "Linked from"]
    codes = counted(botify, "http_code", 4)
    assert len(pages) - 1 == sum(count for code, count in codes.items() if code != 200)
    statuses = [int(row[1]) for row in pages[1:]]
    assert 200 not in statuses
    assert statuses == sorted(statuses, reverse=True)


def test_the_link_graph(desk: Desk, botify: Emulated) -> None:
    [edges] = tables(desk, "link-graph.yaml").values()
    assert edges[0] == ["url", "outlinks_internal.graph.url"]
    assert len(edges) - 1 == sum(_outlinks(botify))


def _outlinks(botify: Emulated) -> Iterator[int]:
    """The outlinks of each page down to depth 2, page by page of the API."""
    bql = {
        "collections": [CRAWL],
        "query": {
            "dimensions": [f"{CRAWL}.url", f"{CRAWL}.outlinks_internal.nb.total"],
            "metrics": [],
            "filters": {"field": f"{CRAWL}.depth", "predicate": "lte", "value": 2},
        },
    }
    seen = 0
    for page in range(1, 100):
        path = f"/v1/projects/example-org/example.com/query?size=2000&page={page}"
        rows = botify.call("POST", path, bql)["results"]
        seen += len(rows)
        yield from (row["dimensions"][1] or 0 for row in rows)
        if not rows:
            break
    assert seen == 28_560


def test_the_search_performance(desk: Desk, botify: Emulated) -> None:
    found = tables(desk, "search-performance.yaml")
    pages, types = found["example.com/20250413/pages-with-search"], found["example.com/20250413/by-pagetype"]
    assert pages[0][:3] == ["url", "depth", "segments.pagetype.value"]
    assert pages[0][3:] == ["period_0.count_impressions", "period_0.count_clicks"]
    assert len(pages) - 1 == 28_560
    assert sum(int(row[3]) for row in pages[1:]) > 0
    expected = counted(botify, "segments.pagetype.value", 99)
    assert {row[0]: int(row[1]) for row in types[1:]} == expected
    assert sum(expected.values()) == 2_999_210


def test_the_agency(desk: Desk, botify: Emulated) -> None:
    found = tables(desk, "agency/agency.yaml")
    sizes = {name: len(rows) - 1 for name, rows in found.items()}
    assert {name: size for name, size in sizes.items() if name.endswith("titles")} == {
        "example.com/20250413/titles": 303_560,
        "example.fr/20250413/titles": 301,
        "example.de/20250420/titles": 150,
    }
    # All of them fit into one export, so max_safe goes down to the last depth.
    errors = sum(count for code, count in counted(botify, "http_code", 20).items() if code >= 400)
    assert sizes["example.com/20250413/broken-pages"] == errors
    assert sorted(name for name in sizes if name.endswith("broken-pages")) == [
        "example.com/20250413/broken-pages",
        "example.fr/20250413/broken-pages",
    ]


def test_the_portfolio(desk: Desk, botify: Emulated) -> None:
    ran = desk.bqlrun("run", "specs/agency/portfolio.yaml")
    assert ran.code == 0, ran.text
    files = desk.files()
    table = list(csv.reader(io.StringIO(files["combined/portfolio/not-found.csv"].decode(), newline="")))
    assert table[0] == ["org", "project", "analysis", "url", "depth", "inlinks_internal.nb.unique"]
    rows = Counter(row[1] for row in table[1:])
    assert rows["example.com"] == counted(botify, "http_code", 20)[404]
    for project, analysis in (("example.com", "20250413"), ("example.de", "20250420"), ("example.fr", "20250413")):
        dated = files[f"example-org/{project}/{analysis}/not-found.csv"]
        assert files[f"newest/{project}-not-found.csv"] == dated
        assert rows[project] == dated.count(b"\n") - 1
    assert "example.it" not in rows


def test_the_whole_site(desk: Desk) -> None:
    assert desk.bqlrun("run", "specs/whole-site.yaml").code == 0
    path = desk.folder / "downloads/example-org/example.com/20250413/everything.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        assert next(rows) == ["url", "depth", "http_code"]
        # One by one: a list of three million lists is a gigabyte.
        depths, addresses = Counter[str](), set()
        for address, depth, _ in rows:
            depths[depth] += 1
            addresses.add(address)
    assert depths == {str(depth): count for depth, count in enumerate(DEMO)}
    assert len(addresses) == 2_999_210


def test_the_bucket(desk: Desk, store: Store) -> None:
    desk.environ |= store.environ
    spec = desk.folder / "specs/to-a-bucket.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("example-bucket", store.bucket), encoding="utf-8")
    ran = desk.bqlrun("run", str(spec))
    assert ran.code == 0, ran.err
    files = {name: gzip.decompress(data) for name, data in store.files().items() if name.endswith(".gz")}
    combined = files.pop("combined/to-a-bucket/titles.csv.gz")
    newest = [name for name in files if name.startswith("newest/")]
    assert newest == [f"newest/example.{country}/titles.csv.gz" for country in ("com", "de", "fr")]
    assert combined.count(b"\n") == 1 + sum(files[name].count(b"\n") - 1 for name in newest)
    assert all(data in {files[name] for name in newest} for data in files.values())


def test_the_crawl_comparison(desk: Desk, botify: Emulated) -> None:
    found = tables(desk, "crawl-comparison.yaml")
    both, new = found["example.com/20250413/then-and-now"], found["example.com/20250413/new-pages"]
    assert both[0] == ["url", "depth", "comparison.depth", "http_code", "comparison.http_code"]
    now, then = pages_of(botify, "20250413", "depth", "http_code"), pages_of(botify, "20250330", "depth", "http_code")
    assert len(now) == 28_560
    assert {row[0]: row[1:] for row in both[1:]} == {
        url: [str(now[url][0]), *beside(then, url, 0), str(now[url][1]), *beside(then, url, 1)] for url in now
    }
    assert new[0] == ["url", "metadata.title.content"]
    assert {row[0] for row in new[1:]} == now.keys() - then.keys()
    assert len(new) > 1


def beside(then: dict[str, list[Any]], url: str, place: int) -> list[str]:
    return [str(then[url][place]) if url in then else ""]


def pages_of(botify: Emulated, crawl: str, *fields: str) -> dict[str, list[Any]]:
    """Every page of a crawl, down to depth 2 of the newer one, by its address: from one crawl alone, page by page."""
    bql: dict[str, Any] = {
        "collections": [f"crawl.{crawl}"],
        "query": {"dimensions": [f"crawl.{crawl}.{field}" for field in ("url", *fields)], "metrics": []},
    }
    if crawl == "20250413":
        bql["query"]["filters"] = {"field": f"{CRAWL}.depth", "predicate": "lte", "value": 2}
    found: dict[str, list[Any]] = {}
    for page in range(1, 100):
        rows = botify.call("POST", f"/v1/projects/example-org/example.com/query?size=2000&page={page}", bql)["results"]
        found |= {row["dimensions"][0]: row["dimensions"][1:] for row in rows}
        if not rows:
            return found
    raise AssertionError("the pages do not end")


def test_the_web_logs(desk: Desk, botify: Emulated) -> None:
    [(name, fetched)] = tables(desk, "web-logs.yaml").items()
    assert name == "example.com/20250413/fetched-by-google"
    assert fetched[0] == ["url", "crawls.google.count"]
    counts: dict[str, int] = {}
    for page in range(1, 100):
        path = f"/v1/logs/example-org/example.com/urls/20250407/20250413?size=2000&page={page}"
        rows = botify.call("POST", path, {"fields": ["url", "crawls.google.count"]})["results"]
        counts |= {row["url"]: row["crawls"]["google"]["count"] for row in rows}
        if not rows:
            break
    assert {row[0]: int(row[1]) for row in fetched[1:]} == {url: count for url, count in counts.items() if count > 40}
    ordered = [int(row[1]) for row in fetched[1:]]
    assert ordered == sorted(ordered, reverse=True)
    assert 0 < len(ordered) < len(counts)


def test_the_legacy_urls(desk: Desk, botify: Emulated) -> None:
    [pages] = tables(desk, "legacy-urls.yaml").values()
    assert pages[0] == ["url", "http_code", "metadata.title.content"]
    assert {row[1] for row in pages[1:]} == {"200"}
    assert len(pages) - 1 == counted(botify, "http_code", 2)[200]
