"""Telling our job from others by its payload alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.bql.echo import echoes

if TYPE_CHECKING:
    from runner.jsonvalue import JsonValue

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def with_defaults(value: JsonValue) -> JsonValue:
    """What a server that adds defaults sends back."""
    if isinstance(value, dict):
        return {**{key: with_defaults(each) for key, each in value.items()}, "added by the server": None}
    return [with_defaults(each) for each in value] if isinstance(value, list) else value


@given(values)
def test_an_echo_matches_itself_with_or_without_added_defaults(sent: JsonValue) -> None:
    assert echoes(sent, sent)
    assert echoes(sent, with_defaults(sent))


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 1.5}}),
        ({"a": [1, 2]}, {"a": [1]}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": True}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1}, None),
        ({"query": {"dimensions": ["url"]}}, {"query": {"dimensions": ["url"], "filters": {"field": "depth"}}}),
        ({"query": {"dimensions": ["url"]}}, {"query": {"dimensions": ["url"], "post_filters": {"field": "depth"}}}),
        (
            {"collections": ["search_console"]},
            {"collections": ["search_console"], "periods": [["20250101", "20250131"]]},
        ),
    ],
)
def test_a_different_value_does_not_match(sent: JsonValue, echoed: JsonValue) -> None:
    assert not echoes(sent, echoed)


def test_the_same_number_in_another_spelling_matches() -> None:
    assert echoes({"value": 3}, {"value": 3.0})


@pytest.mark.parametrize("nothing", [None, {}, []])
def test_a_filter_that_filters_nothing_is_a_default_like_any_other(nothing: JsonValue) -> None:
    assert echoes({"dimensions": ["url"]}, {"dimensions": ["url"], "filters": nothing, "sort": [0]})
