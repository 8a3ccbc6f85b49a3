"""The quick yes is right: it accepts what jsonschema accepts, and nothing else, of every schema that ships."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runner.resources import SCHEMAS
from runner.schemafit import certain_fit
from runner.spec.strings import take_source_text
from runner.spec.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
LOADED = {path.name.split(".")[0]: json.loads(path.read_text("utf-8")) for path in sorted(SCHEMAS.glob("*.json"))}
KEYWORDS_OF_SCHEMAS = ("items", "additionalProperties", "if", "then", "else", "not")


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """A schema, and every schema within it."""
    if isinstance(node, dict):
        yield node
        for name in ("properties", "$defs"):
            for each in node.get(name, {}).values():
                yield from parts(each)
        for keyword in KEYWORDS_OF_SCHEMAS:
            yield from parts(node.get(keyword))


def alone(root: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema that can be asked by itself."""
    return {**part, "$defs": root.get("$defs", {})}


PARTS = [alone(root, part) for root in LOADED.values() for part in parts(root)]
WORDS = sorted({word for part in PARTS for word in [*part.get("properties", {}), *part.get("enum", [])] if word})
CHECKED = [(certain_fit(part), Draft202012Validator(part)) for part in PARTS]


def spec_documents() -> list[Any]:
    """The data of every valid spec that there is."""
    files = [*ROOT.glob("specs/*.yaml"), *ROOT.glob("tests/specs/valid/*.yaml")]
    documents = [parse(file.read_text("utf-8-sig"), file.name) for file in sorted(files)]
    for document in documents:
        take_source_text(document, "spec")
    return [document.data for document in documents]


scalars = (
    st.none() | st.booleans() | st.integers(-3, 2000) | st.sampled_from([0.5, 1.0, -1.0]) | st.sampled_from(WORDS)
    | st.sampled_from(["", ".", "a/b", "2025-04-13", "20250413", "latest", "x" * 300, "a\nb", "https://x.example"])
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
)


SPECS = spec_documents()


@settings(max_examples=400)
@given(st.integers(0, len(CHECKED) - 1), values)
def test_any_value_is_accepted_by_any_part_of_a_schema_exactly_where_jsonschema_finds_it_valid(
    number: int, value: Any
) -> None:
    accepts, validator = CHECKED[number]
    assert accepts(value) == validator.is_valid(value), (PARTS[number], value)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every container and key of a document."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, each in steps for place in [(node, key), *places(each)]]


@settings(max_examples=300)
@given(st.data())
def test_a_spec_with_something_changed_is_accepted_exactly_where_jsonschema_finds_it_valid(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(SPECS)))
    container, key = data.draw(st.sampled_from(places(document)))
    change = data.draw(st.sampled_from(["replace", "drop", "add"]))
    if change == "replace":
        container[key] = data.draw(values)
    elif change == "drop":
        del container[key]
    elif isinstance(container, dict):
        container[data.draw(st.sampled_from(WORDS))] = data.draw(values)
    accepts, validator = CHECKED[PARTS.index(alone(LOADED["spec"], LOADED["spec"]))]
    assert accepts(document) == validator.is_valid(document), document


@pytest.mark.parametrize("document", SPECS)
def test_no_valid_spec_needs_jsonschema(document: Any) -> None:
    assert certain_fit(LOADED["spec"])(document)


@pytest.mark.parametrize("unknown", [{"anyOf": [True]}, {"not": {"anyOf": [False]}}, {"items": {"format": "date"}}])
def test_a_schema_with_a_word_that_is_not_known_accepts_nothing(unknown: dict[str, Any]) -> None:
    assert certain_fit({})([1])
    assert not certain_fit(unknown)([1])
