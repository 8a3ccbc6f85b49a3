"""What a spec names before the API is asked: projects, crawls, and marked placeholders for what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql.asked import Asked
from runner.plan.analyses import rule_for
from runner.plan.discovery import as_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.spec.model import Export, Project, Spec


def projects_of(spec: Spec) -> tuple[Project, ...]:
    """The named projects, and a marked one for each question that only the API answers."""
    return (*spec.projects, *(as_project(each, f"<projects: {each.match}>") for each in spec.discoveries))


def asked_of(spec: Spec, project: Project, export: Export, *, each: bool = False) -> Iterator[Asked]:
    """What an export asks of each crawl that is meant; with `each` two of those that only the API tells apart."""
    rule = rule_for(project, export, spec.defaults)
    unknown = f"<analysis: {rule}>"
    several = (unknown, f"{unknown}, another") if each and rule.means_several else (unknown,)
    for analysis in rule.slugs or several:
        comparison = project.comparison or f"<comparison: the crawl before {analysis.strip('<>')}>"
        yield Asked(project, export, analysis, spec.vars, comparison)
