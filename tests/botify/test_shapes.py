"""Typed answers: what is tolerated, and what is named when it is wrong."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.botify.answers import Analysis, CollectionField, Job, Row
from runner.botify.shapes import (
    analysis_of,
    fields_of,
    job_id_of,
    job_of,
    page_of,
    row_of,
    username_of,
)
from runner.errors import ApiAnswerError

ROUTE = "GET /v1/somewhere"
DONE = {"job_id": 7, "job_status": "DONE", "payload": {"a": 1}, "results": {"download_url": "https://cdn.example/x"}}


def test_a_finished_job_has_its_address_which_it_does_not_show() -> None:
    job = job_of(DONE | {"date_created": "2025-04-19T10:51:15Z", "metadata": {}, "unheard": "of"}, ROUTE)
    assert job == Job("7", "DONE", {"a": 1}, "https://cdn.example/x", "2025-04-19T10:51:15Z")
    assert "cdn.example" not in repr(job)


@pytest.mark.parametrize("address", [None, " ", "\ud800", 7])
def test_what_is_no_text_is_no_address(address: Any) -> None:
    assert job_of(DONE | {"results": {"download_url": address}}, ROUTE).download_url is None


@pytest.mark.parametrize("results", [None, {}, [], "text"])
def test_results_may_be_null_even_when_done(results: Any) -> None:
    assert job_of(DONE | {"results": results}, ROUTE).download_url is None


def test_only_a_finished_job_has_an_address() -> None:
    assert job_of(DONE | {"job_status": "PROCESSING"}, ROUTE).download_url is None


@pytest.mark.parametrize("payload", [None, "text", []])
def test_an_echo_that_is_none(payload: Any) -> None:
    assert job_of(DONE | {"payload": payload}, ROUTE).payload is None


def test_a_status_that_nobody_has_seen_is_kept() -> None:
    assert job_of(DONE | {"job_status": "ARCHIVING"}, ROUTE).status == "ARCHIVING"


def test_a_date_that_is_none_writes_on_nobodys_terminal() -> None:
    assert job_of(DONE | {"date_created": "\x1b[2J2025"}, ROUTE).date_created == "[2J2025"


@pytest.mark.parametrize(("given_id", "kept"), [(12345, "12345"), ("54321", "54321"), ("abc-1", "abc-1"), (0, "0")])
def test_ids_are_kept_as_text(given_id: Any, kept: str) -> None:
    assert job_id_of({"job_id": given_id}, ROUTE) == kept


@pytest.mark.parametrize("given_id", [None, True, "", -1, 1.5, [], "..", "a/b", "a\\b", "a\nb", "a\x00", "x" * 201])
def test_what_is_no_id_is_named(given_id: Any) -> None:
    with pytest.raises(ApiAnswerError, match=r"GET /v1/somewhere.*job_id"):
        job_id_of({"job_id": given_id}, ROUTE)


def test_a_job_without_status_is_an_error_unless_it_was_just_created() -> None:
    with pytest.raises(ApiAnswerError, match="job_status is nothing, not a text"):
        job_of({"job_id": 7}, ROUTE)
    assert job_of({"job_id": 7, "job_status": "X\n::error::y\x1b[2J"}, ROUTE).status == "X ::error::y [2J"
    assert job_of({"job_id": 7}, ROUTE, status="CREATED") == Job("7", "CREATED", None, None, None)


@pytest.mark.parametrize(
    ("urls", "kept"), [("39", 39), (40, 40), (None, None), ("many", None), (True, None), (-1, None)]
)
def test_counts_of_a_crawl_come_as_text_or_number(urls: Any, kept: int | None) -> None:
    found = analysis_of({"slug": "20240101-2", "status": "success", "urls_done": urls}, ROUTE)
    assert found == Analysis("20240101-2", "success", kept, None)


@pytest.mark.parametrize("slug", [None, 20240101, "", ".", "..", "../../etc", "a\\b", "a\x1b[0m", "a\x00"])
def test_a_slug_that_would_lead_out_of_the_output_folder_is_no_slug(slug: Any) -> None:
    with pytest.raises(ApiAnswerError, match="slug"):
        analysis_of({"slug": slug, "status": "success"}, ROUTE)


def test_a_row_keeps_its_order() -> None:
    assert row_of({"dimensions": ["pdp", None], "metrics": [1.5]}, ROUTE) == Row(("pdp", None), (1.5,))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([], "a row is a list, not an object"),
        ({"metrics": []}, "dimensions is nothing, not a list"),
        ({"dimensions": [], "metrics": 7}, "metrics is a number, not a list"),
        ({"dimensions": "x", "metrics": []}, "dimensions is a text, not a list"),
    ],
)
def test_what_is_no_row_is_named(row: Any, words: str) -> None:
    with pytest.raises(ApiAnswerError, match=words):
        row_of(row, ROUTE)


def test_fields_of_all_datasets_each_once() -> None:
    url = {"id": "url", "name": "Full URL", "type": "string", "kind": "dimension", "multiple": False}
    h1 = {"id": "metadata.h1.contents", "multiple": True, "kind": None}
    found = fields_of(
        {"datasets": [{"fields": [url]}, {"fields": []}, {"fields": [h1, url | {"name": "again"}]}]}, ROUTE
    )
    assert found == (
        CollectionField("url", "Full URL", "string", "dimension", multiple=False),
        CollectionField("metadata.h1.contents", "metadata.h1.contents", "", "", multiple=True),
    )


@pytest.mark.parametrize("body", [{"data": {}}, {"data": None}, {}, [], {"data": {"username": 7}}])
def test_a_profile_without_a_name(body: Any) -> None:
    with pytest.raises(ApiAnswerError):
        username_of(body, ROUTE)


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ({"next": "http://elsewhere/?page=2"}, True),
        ({"next": None}, False),
        ({"next": ""}, False),
        ({}, True),
        ({"size": 2}, True),
        ({"size": 3}, False),
        ({"size": 100}, False),
    ],
)
def test_next_says_whether_there_is_more_and_else_a_full_page_does(body: dict[str, Any], more: bool) -> None:
    size = 500 if "size" in body else 2
    assert page_of(body | {"results": [1, 2]}, size, ROUTE).more is more


@pytest.mark.parametrize("body", [None, [], "text", {}, {"results": None}, {"results": {}}])
def test_what_is_no_list_is_named(body: Any) -> None:
    with pytest.raises(ApiAnswerError, match=ROUTE):
        page_of(body, 500, ROUTE)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "job_id",
                        "job_status",
                        "payload",
                        "results",
                        "slug",
                        "status",
                        "dimensions",
                        "metrics",
                        "datasets",
                        "fields",
                        "id",
                        "data",
                        "username",
                        "next",
                        "count",
                        "size",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_is_an_answer_or_an_error_of_ours(value: Any) -> None:
    for read in (job_of, analysis_of, row_of, fields_of, username_of):
        # Any other exception would end the program with a traceback.
        with suppress(ApiAnswerError):
            assert read(value, ROUTE) is not None
