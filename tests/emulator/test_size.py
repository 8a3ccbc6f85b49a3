"""Large crawls on small machines: files within seconds, memory that does not grow with the crawl."""

from __future__ import annotations

import gzip
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from runner.emulator import embedded
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from collections.abc import Iterator

GIGABYTE = 1_000_000_000
TEN_MILLION = "organisations: {example-org: {example.com: {analyses: [{slug: 20250413, urls: 10000000}]}}}"
FOUR = ("url", "metadata.title.content", "metadata.description.content", "metadata.h1.contents")
DEPTH = "crawl.20250413.depth"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Api]:
    with embedded(tmp_path, job_seconds=0) as url, Api(url) as api:
        yield api


def peak_memory(api: Api) -> int:
    """The most memory that the process which serves this API ever had, in bytes."""
    status = Path(f"/proc/{api.get('/_emulator/process')['pid']}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_an_export_of_three_million_urls_is_ready_within_seconds_and_a_gigabyte(fresh: Api) -> None:
    query = crawl_query(
        "20250413",
        *FOUR,
        filters={"field": DEPTH, "predicate": "lte", "value": 3},
        sort=[{"field": "crawl.20250413.url"}],
    )
    start = time.monotonic()
    content = fresh.download(fresh.payload(query))
    taken = time.monotonic() - start
    assert gzip.decompress(content).count(b"\n") > 303_560
    assert taken < 20, "a loaded machine takes longer than the two or three seconds of a calm one"
    assert peak_memory(fresh) < GIGABYTE


def test_the_api_answers_while_a_large_file_is_being_made(fresh: Api) -> None:
    query = crawl_query("20250413", "url", filters={"field": DEPTH, "predicate": "lte", "value": 4}, sort=[0])
    address = fresh.done(fresh.payload(query, export_size=2_000_000))["results"]["download_url"]
    with ThreadPoolExecutor() as threads:
        download = threads.submit(httpx.get, address, timeout=60)
        waits = []
        while not download.done():
            start = time.monotonic()
            fresh.get("/v1/jobs", size=1)
            waits.append(time.monotonic() - start)
            time.sleep(0.02)
    assert download.result().status_code == 200
    assert len(waits) > 10
    assert sorted(waits)[len(waits) // 2] < 0.2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_ten_million_urls_are_counted_and_exported_in_part_within_a_gigabyte(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(TEN_MILLION)
    with embedded(tmp_path / "data", tmp_path / "world.yaml", job_seconds=0) as url, Api(url) as api:
        counts = {"dimensions": [DEPTH], "metrics": ["crawl.20250413.count_urls_crawl"], "sort": [0]}
        rows = api.rows({"collections": ["crawl.20250413"], "query": counts})
        assert sum(count for _, count in rows) == 10_000_000
        shallow = crawl_query("20250413", *FOUR, filters={"field": DEPTH, "predicate": "lte", "value": 1})
        content = api.download(api.payload(shallow, formatter_config={"print_delimiter": False}))
        assert gzip.decompress(content).count(b"http") >= rows[0][1] + rows[1][1]
        assert peak_memory(api) < GIGABYTE
