"""What may be the name of something, and with that a step of a path."""

from __future__ import annotations

import pytest

from runner.spec.names import name_problem


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/", "a\\b", "..\\a", "a\x00", "a\nb", "\x1b[2J", "a\x7f", "a\x85", "\ud800"]
)
def test_what_could_lead_elsewhere_or_be_no_name_at_all_is_refused(name: str) -> None:
    assert name_problem(name) == "a name is not `.` or `..`, and holds no slash, backslash or control character"


@pytest.mark.parametrize("name", ["...", ".a", " ", "a b", "é", "20240101-2", "a:b*?", "\U0001f468\u200d\U0001f469"])
def test_everything_else_is_a_name(name: str) -> None:
    assert name_problem(name) is None
