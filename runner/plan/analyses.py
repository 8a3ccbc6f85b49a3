"""Which crawls a rule comes to, among those that the API lists. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import NoFinishedCrawl, PlanRefused
from runner.near import near
from runner.spec.model import AnalysisRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.spec.model import Defaults, Export, Project


def rule_for(project: Project, export: Export, defaults: Defaults) -> AnalysisRule:
    """The rule that counts: the project's own, else that of its URL, else the export's, else the default."""
    from_url = AnalysisRule("slug", (project.url_analysis,)) if project.url_analysis else None
    return project.analysis or from_url or export.analysis or defaults.analysis


def choose_analyses(rule: AnalysisRule, newest_first: Sequence[str]) -> tuple[str, ...]:
    """The slugs that a rule comes to, newest first; PlanRefused where a named one is not there."""
    if rule.slugs:
        return tuple(_existing(slug, newest_first) for slug in rule.slugs)
    if not newest_first:
        raise NoFinishedCrawl("there is no finished crawl")
    if rule.kind == "window":
        return _window(rule, newest_first)
    first, count = {"latest": (0, 1), "previous": (1, 1), "all": (0, len(newest_first))}.get(rule.kind, (0, rule.count))
    chosen = tuple(newest_first[first : first + count])
    if not chosen:
        raise NoFinishedCrawl(f"there is only one finished crawl, {newest_first[0]}, and no {rule} one")
    return chosen


def choose_comparison(slug: str, named: str | None, newest_first: Sequence[str]) -> str:
    """The crawl that `slug` is compared with: the one that is named, or else the last one before it."""
    if named == slug:
        raise PlanRefused(f"the crawl {slug} cannot be compared with itself", "`comparisonAnalysisSlug` names another")
    if named:
        return _existing(named, newest_first)
    older = newest_first[newest_first.index(slug) + 1 :] if slug in newest_first else ()
    if not older:
        raise PlanRefused(
            f"there is no finished crawl before {slug} to compare it with",
            "a project's address of the app may name any with `comparisonAnalysisSlug`",
        )
    return older[0]


def _existing(slug: str, newest_first: Sequence[str]) -> str:
    if slug in newest_first:
        return slug
    others = near(slug, newest_first, most=3) or newest_first[:3]
    hint = f"finished ones are {', '.join(others)}" if others else "there is no finished crawl at all"
    raise PlanRefused(f"there is no finished crawl {slug}", hint)


def _window(rule: AnalysisRule, newest_first: Sequence[str]) -> tuple[str, ...]:
    """Crawls are dated by their slugs: both ends of the window are included."""
    since, until = (rule.since or "").replace("-", ""), (rule.until or "99999999").replace("-", "")
    chosen = tuple(slug for slug in newest_first if since <= slug[:8] <= until)
    if not chosen:
        raise NoFinishedCrawl(f"there is no finished crawl within {rule}; the newest is {newest_first[0]}")
    return chosen
