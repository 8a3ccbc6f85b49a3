"""The terms of an export: another question, another size or another place has other terms, and nothing else has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import runner.plan.terms
from runner.plan.exports import rows_limit
from runner.plan.paths import output_path
from runner.plan.placeholders import asked_of
from runner.plan.rehearsal import rendered
from runner.plan.terms import Terms, are_lasting
from runner.spec.load import load_specs

if TYPE_CHECKING:
    from runner.bql.request import Request
    from runner.spec.model import Export
    from tests.harness import Desk

SPEC = """version: 1
name: s
vars: {brand: a}
limits: {rows_per_export: 5000}
projects: [{org: org, project: site, analysis: '20250413', labels: [x]}]
exports:
  - name: e
    template: crawl_urls
    fields: [url, title]
    filters: {field: depth, predicate: lte, value: 3}
    sort: [{field: url, order: asc}]
    depth: {max: 2}
output: {dir: out, path: '{{ org }}/{{ project }}/{{ analysis }}/{{ export }}', format: csv, header: slug}
"""
GROUPS = SPEC.replace("crawl_urls", "aggregate").replace("fields: [url, title]", "fields: [depth]")


def terms(desk: Desk, text: str) -> str:
    [spec] = load_specs([desk.write("s.yaml", text)])
    return Terms(spec).of(spec.projects[0], spec.exports[0])


def what_comes_of(desk: Desk, text: str) -> list[object]:
    """All that a plan makes of a spec once the crawl's depths are known."""
    [spec] = load_specs([desk.write("s.yaml", text)])
    [asked] = asked_of(spec, spec.projects[0], spec.exports[0])
    asking, output = rendered(spec, asked), asked.export.output
    return [
        asking.payload,
        asking.columns,
        output_path(spec, asked),
        (output.format, output.header, output.current),
        rows_limit(spec, asked),
        asked.export.depth or spec.defaults.depth,
    ]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (SPEC, "crawl_urls", "legacy_urls"),
        (SPEC, "fields: [url, title]", "fields: [url, h1]"),
        (SPEC, "fields: [url, title]", "fields: [title, url]"),
        (SPEC, "fields: [url, title]", "fields: [url, {field: title, name: Title}]"),
        (SPEC, "value: 3", "value: 4"),
        (SPEC, "order: asc", "order: desc"),
        (SPEC, "depth: {max: 2}", "depth: {max: 3}"),
        (SPEC, "depth: {max: 2}", "depth: {min: 1, max: 2}"),
        (SPEC, "depth: {max: 2}", "depth: max_safe"),
        (SPEC, "    depth: {max: 2}\n", ""),
        (SPEC, "rows_per_export: 5000", "rows_per_export: 6000"),
        (SPEC, "out,", "elsewhere,"),
        (SPEC, "/{{ export }}", "/{{ vars.brand }}"),
        (SPEC, "/{{ export }}", "/{{ labels[0] }}"),
        (SPEC.replace("/{{ export }}", "/{{ vars.brand }}"), "brand: a", "brand: b"),
        (SPEC.replace("/{{ export }}", "/{{ labels[0] }}"), "labels: [x]", "labels: [y]"),
        (SPEC, "format: csv", "format: parquet"),
        (SPEC, "header: slug", "header: verbose"),
        (SPEC, "header: slug", "header: slug, current: '{{ project }}/newest'"),
        (GROUPS, "depth: {max: 2}", "depth: {max: 2}\n    metrics: [count_urls_crawl, {function: avg, args: [depth]}]"),
        (GROUPS, "    depth: {max: 2}\n", ""),
        (SPEC, "    depth: {max: 2}\n", "    depth: {max: 2}\n    mode: list\n"),
    ],
)
def test_what_comes_to_something_else_has_other_terms(quiet_desk: Desk, text: str, old: str, new: str) -> None:
    assert old in text
    changed = text.replace(old, new)
    assert what_comes_of(quiet_desk, text) != what_comes_of(quiet_desk, changed)
    assert terms(quiet_desk, text) != terms(quiet_desk, changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: s", "name: another"),
        ("name: e", "name: another"),
        ("{org: org, project: site, analysis: '20250413', labels: [x]}", "{org: org, project: other, labels: [x]}"),
        ("sort: [{field: url, order: asc}]", "sort: [{field: url}]  # the same"),
        ("vars:", "\n# a comment moves every line\nvars:"),
    ],
)
def test_names_and_spelling_are_no_part_of_the_terms(quiet_desk: Desk, old: str, new: str) -> None:
    assert old in SPEC
    assert terms(quiet_desk, SPEC) == terms(quiet_desk, SPEC.replace(old, new))


def test_another_version_of_bqlrun_has_other_terms(quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = terms(quiet_desk, SPEC)
    monkeypatch.setattr(runner.plan.terms, "__version__", "0.0.0")
    assert terms(quiet_desk, SPEC) != before


def lasting(desk: Desk, text: str) -> bool:
    export, asking = asked_for(desk, text)
    return are_lasting(export, asking)


def asked_for(desk: Desk, text: str) -> tuple[Export, Request]:
    [spec] = load_specs([desk.write("s.yaml", text)])
    [asked] = asked_of(spec, spec.projects[0], spec.exports[0])
    return asked.export, rendered(spec, asked)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("template: crawl_urls", "template: crawl_comparison"),
        ("template: crawl_urls", "template: crawl_with_search_console\n    periods: [{last_days: 7}]"),
        ("template: crawl_urls", "template: own.json.j2"),
        ("depth: {max: 2}", "depth: {max: 2}\n    mode: list"),
        ("depth: {max: 2}", "depth: {max: 2}\n    combine: projects"),
        ("header: slug", "header: slug, current: '{{ project }}/newest'"),
    ],
)
def test_what_may_come_to_something_else_without_a_change_of_the_spec_does_not_last(
    quiet_desk: Desk, old: str, new: str
) -> None:
    quiet_desk.write("own.json.j2", '{% include "crawl_urls.json.j2" %}')
    assert lasting(quiet_desk, SPEC)
    assert old in SPEC
    assert not lasting(quiet_desk, SPEC.replace(old, new))
