"""Exports that may ask for the same under several names have one home; those that cannot, have their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.plan.homes import homes
from runner.spec.load import load_specs

if TYPE_CHECKING:
    from tests.harness import Desk

HEAD = """version: 1
name: s
projects: [https://app.botify.com/org/site/]
exports:
"""


def names(desk: Desk, *exports: str) -> list[str]:
    """The home of each export, in the spec's order."""
    [spec] = load_specs([desk.write("s.yaml", HEAD + "".join(f"  - {{{each}}}\n" for each in exports))])
    found = homes(spec, spec.projects[0], spec.exports)
    return [found[each.name].name for each in spec.exports]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fields: [url, title]", "fields: [url, metadata.title.content], output: {format: parquet}"),
        ("fields: [url]", "fields: [{field: url, name: Address}], where: {labels: []}"),
        ("fields: [url], depth: {max: 1}", "fields: [url], depth: max_safe"),
        ("fields: [url], depth: split", "fields: [url], depth: {min: 2, max: 3}"),
        ("fields: [url], analysis: 20250413", "fields: [url], analysis: latest"),
        ("fields: [url], analysis: [20250413, 20250401]", "fields: [url], analysis: 20250401"),
        (
            "fields: [url], filters: {and: [{field: depth, value: 1}]}",
            "fields: [url], filters: {field: depth, predicate: eq, value: 1}",
        ),
    ],
)
def test_what_may_come_to_the_same_question_has_one_home(quiet_desk: Desk, one: str, other: str) -> None:
    assert names(quiet_desk, f"name: a, {one}", "name: x, fields: [depth]", f"name: b, {other}") == ["a", "x", "a"]


def test_a_name_between_two_that_differ_brings_all_three_together(quiet_desk: Desk) -> None:
    depths = ["{max: 1}", "{max: 2}", "max_safe"]
    exports = [f"name: e{number}, fields: [url], depth: {depth}" for number, depth in enumerate(depths)]
    assert names(quiet_desk, *exports[:2]) == ["e0", "e1"]
    assert names(quiet_desk, *exports) == ["e0", "e0", "e0"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fields: [url]", "fields: [url, depth]"),
        ("fields: [url], depth: {max: 1}", "fields: [url], depth: {max: 2}"),
        ("fields: [url], analysis: 20250413", "fields: [url], analysis: 20250413-2"),
        ("fields: [url], filters: {field: depth, value: 1}", "fields: [url], filters: {field: depth, value: 2}"),
    ],
)
def test_what_cannot_come_to_the_same_question_stays_where_it_is(quiet_desk: Desk, one: str, other: str) -> None:
    assert names(quiet_desk, f"name: a, {one}", f"name: b, {other}") == ["a", "b"]


def test_a_table_over_all_projects_draws_others_to_it(quiet_desk: Desk) -> None:
    assert names(quiet_desk, "name: a, fields: [url]", "name: b, fields: [url], combine: projects") == ["b", "b"]


def test_a_template_that_needs_a_real_crawl_keeps_its_own_home(quiet_desk: Desk) -> None:
    quiet_desk.write("own.json.j2", "{{ 1 // (analysis | int) }}")
    own = "template: own.json.j2, analysis: 20250413"
    assert names(quiet_desk, f"name: a, {own}", f"name: b, {own}") == ["a", "b"]
