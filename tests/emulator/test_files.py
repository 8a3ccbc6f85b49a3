"""What is in a file: prologue, header, values, formats, archives."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from runner.emulator import embedded
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from pathlib import Path

QUERY = crawl_query("20240101", "url", "indexable.is_indexable", "metadata.h1.contents")
NAMED = crawl_query("20240101", "depth")
NAMED["query"] |= {
    "dimensions": [{"field": "crawl.20240101.depth", "name": "How deep"}],
    "metrics": ["crawl.20240101.count_urls_crawl"],
}


def lines(api: Api, query: Any, **payload: Any) -> list[str]:
    return gzip.decompress(api.download(api.payload(query, **payload))).decode().split("\n")


def test_by_default_a_delimiter_line_and_verbose_names_come_first(small: Api) -> None:
    assert lines(small, QUERY)[:2] == ["sep=,", "Full URL,Is Indexable,Metadata H1 Contents"]


@pytest.mark.parametrize(
    ("style", "header"),
    [
        ("verbose", "Full URL,Is Indexable,Metadata H1 Contents"),
        ("slug", "url,indexable.is_indexable,metadata.h1.contents"),
        (
            "collection_slug",
            "crawl.20240101.url,crawl.20240101.indexable.is_indexable,crawl.20240101.metadata.h1.contents",
        ),
    ],
)
def test_a_header_comes_in_three_styles(small: Api, style: str, header: str) -> None:
    config = {"print_delimiter": False, "header_format": style}
    assert lines(small, QUERY, formatter_config=config)[0] == header


def test_the_prologue_can_be_left_out(small: Api) -> None:
    config = {"print_delimiter": False, "print_header": False}
    assert lines(small, QUERY, formatter_config=config)[0].startswith("https://www.example.com/,")


def test_a_name_that_the_query_gives_is_the_label_in_every_style(small: Api) -> None:
    for style in ("verbose", "slug", "collection_slug"):
        config = {"print_delimiter": False, "header_format": style}
        assert lines(small, NAMED, formatter_config=config)[0].startswith("How deep,")


def test_another_delimiter_is_announced_and_used(small: Api) -> None:
    assert lines(small, NAMED, formatter_config={"delimiter": ";"})[:3] == ["sep=;", "How deep;No. of URLs", ";20"]


def test_constant_columns_stand_before_and_after(small: Api) -> None:
    config = {
        "header_format": "slug",
        "prepend_columns": [{"value": "fr", "name": "Country", "slug": "country"}],
        "append_columns": [{"value": "1", "name": "Version", "slug": "version"}],
    }
    assert lines(small, NAMED, formatter_config=config)[1:3] == [
        "country,How deep,count_urls_crawl,version",
        "fr,,20,1",
    ]


def test_missing_values_are_empty_booleans_are_words_and_lists_are_json(small: Api) -> None:
    rows = small.table(small.payload(QUERY, formatter_config={"print_delimiter": False, "print_header": False}))
    asked = small.rows(QUERY, size=2000)
    words = {True: "true", False: "false"}
    assert [row[1] for row in rows] == [words[found] for _, found, _ in asked]
    assert [json.loads(row[2]) if row[2] else None for row in rows] == [found for *_, found in asked]


def test_lines_end_with_a_line_feed_and_only_what_must_be_is_quoted(small: Api) -> None:
    text = "\n".join(lines(small, crawl_query("20240101", "url", "depth")))
    assert "\r" not in text
    assert '"' in text, "search pages have a comma in their address"
    assert text.endswith("\n")


def test_json_is_one_list_of_nested_objects(small: Api) -> None:
    found = json.loads(gzip.decompress(small.download(small.payload(QUERY, formatter="json"))))
    url, indexable, headings = small.rows(QUERY, size=1)[0]
    assert found[0] == {
        "url": url,
        "indexable": {"is_indexable": indexable},
        "metadata": {"h1": {"contents": headings}},
    }
    assert len(found) == 273


def test_json_of_two_crawls_keeps_both_values_of_a_field(small: Api) -> None:
    query = {
        "collections": ["crawl.20240101", "crawl.20240101-2"],
        "query": {"dimensions": ["url", "crawl.20240101.depth", "crawl.20240101-2.depth"], "metrics": []},
    }
    found = json.loads(gzip.decompress(small.download(small.payload(query, formatter="json"))))
    assert found[0]["crawl"] == {"20240101": {"depth": 0}, "20240101-2": {"depth": 0}}


def test_xml_is_well_formed_whatever_the_titles_are(small: Api) -> None:
    query = crawl_query("20240101", "url", "metadata.title.content")
    root = ET.fromstring(gzip.decompress(small.download(small.payload(query, formatter="xml"))))  # noqa: S314 - our own
    assert len(root) == 273


def test_a_sitemap_has_the_urls_alone(small: Api) -> None:
    query = crawl_query("20240101", "depth", "url")
    root = ET.fromstring(gzip.decompress(small.download(small.payload(query, formatter="sitemap"))))  # noqa: S314 - our own
    found = [loc.text for loc in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert found == [url for _, url in small.rows(query, size=2000)]
    assert len(found) == 273


def test_an_empty_result_is_a_header_and_nothing_else(small: Api) -> None:
    query = crawl_query("20240101", "url", filters={"field": "crawl.20240101.depth", "predicate": "gt", "value": 99})
    assert lines(small, query) == ["sep=,", "Full URL", ""]
    assert json.loads(gzip.decompress(small.download(small.payload(query, formatter="json")))) == []


@pytest.mark.parametrize("config", [{"filetype": "zip"}, {"compression": "zip"}])
def test_a_zip_comes_where_either_key_asks_for_it(small: Api, config: Any) -> None:
    content = small.download(small.payload(QUERY, extra_config=config))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (entry,) = archive.infolist()
        assert entry.filename.endswith(".csv")
        assert archive.read(entry) == gzip.decompress(small.download(small.payload(QUERY)))


def test_hostile_titles_survive_the_way(small: Api) -> None:
    query = crawl_query("20231201", "url", "metadata.title.content")
    titles = [row[1] for row in small.table(small.payload(query))[2:]]
    assert titles == [title or "" for _, title in small.rows(query, size=2000)]


OTHER = """
organisations: {example-org: {example.com: {analyses: [{slug: 20240101, depths: [1, 40], uncrawled: 9}]}}}
behaviour:
  {job_seconds: 0, prologue: observed, lists: python, booleans: title, job_ids: string, limit_in_query: ignore,
   download_auth: refuse, page_size_above_maximum: refuse, echo: defaults, crawled_only: false}
"""


def test_every_open_question_has_a_switch(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(OTHER)
    with embedded(tmp_path / "data", tmp_path / "world.yaml") as url, Api(url) as api:
        assert lines(api, QUERY)[0].startswith("https://www.example.com/,False,")
        assert lines(api, QUERY, formatter_config={"print_header": True})[0].startswith("Full URL")
        assert "['" in "".join(lines(api, QUERY)), "lists are as Python writes them"
        job = api.done(api.payload(QUERY))
        assert isinstance(job["job_id"], str)
        assert set(job["payload"]) > set(api.payload(QUERY))
        assert api.http.get(job["results"]["download_url"]).status_code == 400, "the client sends its token along"
        assert api.ask(crawl_query("20240101", "url", limit=3)).status_code == 200
        assert [code for _, code in api.rows(crawl_query("20240101", "url", "http_code"))].count(0) == 9
        assert api.ask(QUERY, size=2001).status_code == 400
