"""Calls a second: a window that slides, for each token by itself."""

from __future__ import annotations

import pytest

from runner.emulator.api.limits import Pace
from runner.emulator.errors import Refused


def test_a_call_is_free_again_a_second_after_an_earlier_one() -> None:
    pace = Pace()
    for now in (0.0, 0.5):
        pace.check("token", 2, now)
    with pytest.raises(Refused, match="Too many requests"):
        pace.check("token", 2, 0.9)
    pace.check("token", 2, 1.0)
    with pytest.raises(Refused):
        pace.check("token", 2, 1.4)
    pace.check("token", 2, 1.5)


def test_refused_calls_do_not_push_the_end_of_the_wait_away() -> None:
    pace = Pace()
    pace.check("token", 1, 0.0)
    for now in (0.1, 0.5, 0.9):
        with pytest.raises(Refused):
            pace.check("token", 1, now)
    pace.check("token", 1, 1.0)


def test_each_token_has_a_pace_of_its_own() -> None:
    pace = Pace()
    pace.check("one", 1, 0.0)
    pace.check("other", 1, 0.0)
    with pytest.raises(Refused):
        pace.check("one", 1, 0.1)


def test_no_limit_is_no_limit() -> None:
    pace = Pace()
    for _ in range(1_000):
        pace.check("token", None, 0.0)
