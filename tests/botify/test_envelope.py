"""The API's words, in every shape that it says no in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.botify.envelope import NotJson, parse, words


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ({"error": {"message": "Bad", "error_code": "1020", "error_detail": {}}}, "1020", "Bad"),
        ({"error": {"message": "Bad", "error_code": 1020}}, "1020", "Bad"),
        ({"error": {"message": "Bad", "error_detail": {"field": "depth"}}}, "", 'Bad {"field":"depth"}'),
        ({"error": {"error_code": 0}}, "0", '{"error_code":0}'),
        ({"error": "Just text"}, "", "Just text"),
        ({"error": None}, "", "null"),
        ({"detail": "Not found."}, "", "Not found."),
        ({"message": "Plain"}, "", "Plain"),
        ({"payload": ["This field is required."]}, "", '{"payload":["This field is required."]}'),
        (["no", "envelope"], "", '["no","envelope"]'),
        ({}, "", ""),
        ({"error": {}}, "", ""),
    ],
)
def test_each_shape_of_an_error_is_read(value: Any, code: str, message: str) -> None:
    said = words(json.dumps(value).encode())
    assert (said.code, said.message) == (code, message)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": 1', b"\xff\xfe", b"[" * 100_000, b"9" * 10_000])
def test_what_is_no_json_says_nothing(body: bytes) -> None:
    assert str(words(body)) == ""
    with pytest.raises(NotJson):
        parse(body)


def test_a_code_comes_before_the_words() -> None:
    assert str(words(b'{"error":{"message":"Bad","error_code":7}}')) == ", error code 7: Bad"


def test_a_server_writes_nothing_on_the_terminal() -> None:
    said = words(json.dumps({"error": {"message": "a\x1b[31m\r\nb\u202ec\ud800d", "error_code": "1\x07"}}).encode())
    assert str(said) == ", error code 1: a [31m b c d"


def test_long_words_are_cut() -> None:
    assert len(str(words(json.dumps({"error": "x" * 10_000}).encode()))) < 600


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["error", "message", "error_code", "detail"]), inner)
        ),
    )
)
def test_no_json_is_too_strange(value: Any) -> None:
    assert "\n" not in str(words(json.dumps(value).encode()))
