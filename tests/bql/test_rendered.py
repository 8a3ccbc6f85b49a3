"""Rendering: once for all exports that show a template the same, anew for each that shows it anything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runner.bql.asked import Asked
from runner.bql.jinja import names_read
from runner.bql.rendered import rendered_query
from runner.errors import UsageError
from runner.spec.model import Export, Field, Project
from runner.spec.problem import Place

if TYPE_CHECKING:
    from pathlib import Path

HERE = Place("spec.yaml", 3, 5)
BODY = '{"collections": {{ collections | tojson }}, "query": {"dimensions": %s, "metrics": []}}'


def asked(template: Path | str, project: str = "example.com", analysis: str = "20250413", **rest: Any) -> Asked:
    export = Export("pages", HERE, template=str(template), fields=(Field("url", HERE),))
    return Asked(Project("org", project, HERE), export, analysis, rest.get("vars", {}))


def dimensions(asking: Asked) -> list[Any]:
    found: list[Any] = rendered_query(asking, None)["query"]["dimensions"]
    return found


def write(path: Path, dimensions: str) -> Path:
    path.write_text(BODY % dimensions, encoding="utf-8")
    return path


def test_projects_of_which_a_template_reads_nothing_share_one_query() -> None:
    first, second = asked("crawl_urls"), asked("crawl_urls", project="example.fr")
    assert rendered_query(first, None) is rendered_query(second, None)


def test_another_crawl_is_another_query() -> None:
    assert dimensions(asked("crawl_urls")) != dimensions(asked("crawl_urls", analysis="20250420"))


def test_a_template_that_reads_the_project_is_rendered_for_each(tmp_path: Path) -> None:
    template = write(tmp_path / "own.json.j2", '["crawl.{{ analysis }}.{{ project }}"]')
    assert names_read(str(template)) == frozenset({"collections", "analysis", "project"})
    found = [dimensions(asked(template, project)) for project in ("a.com", "b.com")]
    assert found == [["crawl.20250413.a.com"], ["crawl.20250413.b.com"]]


def test_what_an_included_template_reads_counts_too(tmp_path: Path) -> None:
    write(tmp_path / "inner.json.j2", '["crawl.1.{{ vars.wanted }}"]')
    outer = tmp_path / "outer.json.j2"
    outer.write_text('{% include "inner.json.j2" %}', encoding="utf-8")
    found = [dimensions(asked(outer, vars={"wanted": wanted})) for wanted in ("depth", "url")]
    assert found == [["crawl.1.depth"], ["crawl.1.url"]]


def test_a_template_that_chooses_what_it_includes_may_read_anything(tmp_path: Path) -> None:
    for project in ("a", "b"):
        write(tmp_path / f"{project}.j2", json.dumps([f"crawl.1.{project}"]))
    chooser = tmp_path / "chooser.json.j2"
    chooser.write_text("{% include project ~ '.j2' %}", encoding="utf-8")
    assert names_read(str(chooser)) is None
    assert [dimensions(asked(chooser, project)) for project in ("a", "b")] == [["crawl.1.a"], ["crawl.1.b"]]


def test_templates_that_include_each_other_are_a_mistake_and_no_endless_loop(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.j2").write_text(f'{{% include "{other}.j2" %}}', encoding="utf-8")
    assert names_read(str(tmp_path / "a.j2")) == frozenset()
    with pytest.raises(UsageError):
        rendered_query(asked(tmp_path / "a.j2"), None)
