"""Which exports a pattern means."""

from __future__ import annotations

import pytest

from runner.spec.select import Selection


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
    ],
)
def test_a_pattern_means_projects_exports_both_or_labels(pattern: str, meant: bool) -> None:
    export = ("example-org", "example.com", "titles", ("retail",))
    assert Selection((pattern,)).matches(*export) is meant
    assert Selection((), (pattern,)).matches(*export) is not meant


def test_what_is_excluded_is_not_selected() -> None:
    assert not Selection(("t*",), ("titles",)).matches("o", "p", "titles", ())


def test_without_patterns_everything_is_meant() -> None:
    assert Selection().matches("o", "p", "titles", ())
