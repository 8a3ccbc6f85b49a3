"""Which exports a pattern means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.spec.select import Selection

if TYPE_CHECKING:
    from tests.harness import Desk

SPEC = "version: 1\nname: s\nprojects: [{org: o, project: p}]\nexports: [{name: titles, fields: [url]}]\n"


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("example-org/example.com", True),
        ("example-org/*.com", True),
        ("example-org/*.de", False),
        ("titles", True),
        ("t*", True),
        ("errors", False),
        ("example-org/*:titles", True),
        ("example-org/*:errors", False),
        ("label:retail", True),
        ("label:re*", True),
        ("label:fr", False),
        ("TITLES", False),
        ("*:titles", True),
        ("*.com:titles", True),
        ("*.de:titles", False),
        ("titles:*", False),
    ],
)
def test_a_pattern_means_projects_exports_both_or_labels(pattern: str, meant: bool) -> None:
    export = ("example-org", "example.com", "titles", ("retail",))
    assert Selection((pattern,)).matches(*export) is meant
    assert Selection((), (pattern,)).matches(*export) is not meant


def test_a_colon_may_be_part_of_an_exports_name() -> None:
    assert Selection(("t:*",)).matches("o", "p", "t:e", ())
    assert Selection(("*/p:t:e",)).matches("o", "p", "t:e", ())


def test_what_is_excluded_is_not_selected() -> None:
    assert not Selection(("t*",), ("titles",)).matches("o", "p", "titles", ())


def test_without_patterns_everything_is_meant() -> None:
    assert Selection().matches("o", "p", "titles", ())


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("titels", "nothing is called titels; did you mean `titles`?"), ("o/x", "nothing is called o/x"), ("label:x", "")],
)
def test_a_pattern_that_means_nothing_is_a_slip(desk: Desk, pattern: str, said: str) -> None:
    desk.write("s.yaml", SPEC)
    for option in ("--select", "--exclude"):
        ran = desk.bqlrun("render", "s.yaml", option, pattern)
        assert ran.code == 2
        assert said in ran.err


def test_where_projects_are_looked_for_any_pattern_may_mean_one(desk: Desk) -> None:
    desk.write("s.yaml", SPEC.replace("project: p", 'match: "*"'))
    assert desk.bqlrun("render", "s.yaml", "--select", "o/anything").code == 0
