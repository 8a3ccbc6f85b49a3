"""Which crawls a rule comes to."""

from __future__ import annotations

import pytest

from runner.errors import NoFinishedCrawl, PlanRefused
from runner.plan.analyses import choose_analyses, rule_for
from runner.spec.model import AnalysisRule, Defaults, Export, Project
from runner.spec.problem import Place

NEWEST_FIRST = ("20240301", "20240201", "20240101-2", "20240101", "20231231")
HERE = Place("spec.yaml")


@pytest.mark.parametrize(
    ("rule", "slugs"),
    [
        (AnalysisRule("latest"), ("20240301",)),
        (AnalysisRule("previous"), ("20240201",)),
        (AnalysisRule("newest", count=3), NEWEST_FIRST[:3]),
        (AnalysisRule("newest", count=99), NEWEST_FIRST),
        (AnalysisRule("all"), NEWEST_FIRST),
        (AnalysisRule("slug", ("20240101-2",)), ("20240101-2",)),
        (AnalysisRule("slugs", ("20240101", "20240301")), ("20240101", "20240301")),
        (AnalysisRule("window", since="2024-01-01", until="2024-02-01"), NEWEST_FIRST[1:4]),
        (AnalysisRule("window", until="2023-12-31"), ("20231231",)),
        (AnalysisRule("window", since="2024-02-15"), ("20240301",)),
    ],
)
def test_a_rule_chooses_among_the_finished_crawls(rule: AnalysisRule, slugs: tuple[str, ...]) -> None:
    assert choose_analyses(rule, NEWEST_FIRST) == slugs


def test_an_unknown_slug_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(PlanRefused, match="there is no finished crawl 20240102") as refused:
        choose_analyses(AnalysisRule("slug", ("20240102",)), NEWEST_FIRST)
    assert "20240101" in refused.value.hint


def test_a_project_without_a_crawl_is_told_from_other_refusals() -> None:
    with pytest.raises(NoFinishedCrawl, match="there is no finished crawl"):
        choose_analyses(AnalysisRule("latest"), ())


def test_the_first_crawl_has_no_previous_one() -> None:
    with pytest.raises(NoFinishedCrawl, match="only one finished crawl, 20240301"):
        choose_analyses(AnalysisRule("previous"), NEWEST_FIRST[:1])


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(NoFinishedCrawl, match="within 2025-01-01"):
        choose_analyses(AnalysisRule("window", since="2025-01-01"), NEWEST_FIRST)


def test_the_project_wins_over_its_url_that_over_the_export_that_over_the_default() -> None:
    def chosen(own: str | None, url: str | None, export: str | None) -> str:
        def slug(text: str | None) -> AnalysisRule | None:
            return AnalysisRule("slug", (text,)) if text else None

        project = Project("org", "project", HERE, analysis=slug(own), url_analysis=url)
        return str(rule_for(project, Export("name", HERE, analysis=slug(export)), Defaults()))

    assert chosen("own", "url", "export") == "own"
    assert chosen(None, "url", "export") == "url"
    assert chosen(None, None, "export") == "export"
    assert chosen(None, None, None) == "latest"
