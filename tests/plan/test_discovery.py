"""Which projects a glob finds, and what becomes of those that are named as well."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.botify.answers import ListedProject
from runner.errors import PlanRefused
from runner.plan.discovery import matching, merged
from runner.spec.model import Discovery, Project
from runner.spec.problem import Place

HERE, THERE = Place("spec.yaml", 4), Place("spec.yaml", 9)
LISTED = (*map(ListedProject, ("example.com", "example.de", "shop.de")), ListedProject("old.de", active=False))


def asking(match: str, *labels: str) -> Discovery:
    return Discovery("org", match, HERE, labels)


def test_a_glob_finds_the_active_projects_with_its_labels() -> None:
    found = matching(asking("*.de", "de"), LISTED)
    assert found == [Project("org", slug, HERE, labels=("de",)) for slug in ("example.de", "shop.de")]


def test_a_glob_that_finds_nothing_names_the_nearest_slugs() -> None:
    with pytest.raises(PlanRefused, match=r"no project of org matches exampel\.de \(nearest are example\.de"):
        matching(asking("exampel.de"), LISTED)


def test_an_organisation_without_projects_is_said_to_have_none() -> None:
    with pytest.raises(PlanRefused, match="it has no projects"):
        matching(asking("*"), ())


def test_a_glob_that_finds_only_inactive_projects_names_them() -> None:
    with pytest.raises(PlanRefused, match=r"is inactive: old\.de"):
        matching(asking("old.*"), LISTED)


def test_letter_case_counts() -> None:
    with pytest.raises(PlanRefused):
        matching(asking("*.DE"), LISTED)


def test_a_project_that_is_named_stays_as_it_is_named() -> None:
    named = Project("org", "example.de", THERE, url_analysis="20250413", labels=("mine",))
    found = matching(asking("*.de", "de"), LISTED)
    assert merged([named], found) == (named, Project("org", "shop.de", HERE, labels=("de",)))


def test_what_two_globs_find_is_one_project_with_the_labels_of_both() -> None:
    found = matching(asking("*.de", "de"), LISTED) + matching(asking("shop*", "retail", "de"), LISTED)
    assert [(each.project, each.labels) for each in merged([], found)] == [
        ("example.de", ("de",)),
        ("shop.de", ("de", "retail")),
    ]


SLUGS = st.lists(st.text("abc.-", min_size=1, max_size=6), unique=True, max_size=8)


@given(SLUGS, SLUGS, st.sampled_from(["*", "a*", "*.a", "?", "[ab]*"]))
def test_every_match_is_there_once_and_nothing_else(slugs: list[str], names: list[str], glob: str) -> None:
    listed = tuple(map(ListedProject, slugs))
    named = [Project("org", name, THERE) for name in names]
    matches = {slug for slug in slugs if fnmatchcase(slug, glob)}
    try:
        found = matching(asking(glob), listed)
    except PlanRefused:
        assert not matches
        return
    projects = [each.project for each in merged(named, found + found)]
    assert len(projects) == len(set(projects))
    assert set(projects) == matches | set(names)
