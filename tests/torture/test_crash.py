"""Killed at an effect, or at any moment, a run is resumed as if nothing had been. `make torture` does all of them."""

from __future__ import annotations

import errno
import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.torture.bench import finish, start
from tests.torture.child import Strike
from tests.torture.crash import calm_run, crash_and_resume, refuse_and_resume, resume

if TYPE_CHECKING:
    from tests.torture.bench import Bench
    from tests.torture.child import Effect
    from tests.torture.crash import Calm

DISK = {"commit", "write", "fsync", "rename"}
KINDS = DISK | {"send", "receive"}
TWICE = {(".bqlrun", 2)}
# Every so many-th kill is tried here; another number than a divisor of the effects an export has.
STRIDE = 17


def timed(effect: Effect) -> bool:
    """Whether the clock decides if it comes about: a look at an unfinished job, a folder that two downloads make."""
    return "/v1/jobs/#" in effect.subject or (effect.subject, effect.nth) in TWICE


@pytest.fixture(scope="module")
def calm(bench: Bench) -> Calm:
    """What nothing happened to."""
    return calm_run(bench)


def test_every_kind_of_effect_passes_the_seam(calm: Calm) -> None:
    assert {effect.kind for effect in calm.effects} == KINDS


def test_two_calm_runs_have_the_same_effects(bench: Bench, calm: Calm) -> None:
    again = calm_run(bench)
    assert {each for each in again.effects if not timed(each)} == {each for each in calm.effects if not timed(each)}
    assert again.tree == calm.tree


@pytest.mark.parametrize("offset", range(4))
def test_a_run_that_is_killed_around_an_effect_resumes_without_a_trace(bench: Bench, calm: Calm, offset: int) -> None:
    strikes = list(calm.strikes())[offset * STRIDE // 4 :: STRIDE * 2]
    missed = [strike for strike in strikes if not crash_and_resume(bench, calm, strike)]
    assert [strike for strike in missed if not timed(strike.effect)] == []
    assert len(missed) < len(strikes) / 2


@pytest.mark.parametrize(("offset", "error"), list(enumerate([errno.ENOSPC, errno.EIO, errno.EACCES])))
def test_an_effect_that_the_system_refuses_is_said_and_made_good(
    bench: Bench, calm: Calm, offset: int, error: int
) -> None:
    effects = [effect for effect in calm.effects if effect.kind in DISK]
    strikes = [Strike(effect, "before", error) for effect in effects[offset * STRIDE // 3 :: STRIDE]]
    assert [strike for strike in strikes if not refuse_and_resume(bench, calm, strike)] == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_with_the_real_waits_a_submission_that_was_broken_off_is_found(bench: Bench, calm: Calm, moment: str) -> None:
    [sent] = [effect for effect in calm.effects if effect[:2] == ("receive", "POST /v1/jobs") and effect.nth == 1]
    began = time.monotonic()
    assert crash_and_resume(bench, calm, Strike(sent, "before" if moment == "before" else "after"), hasty=False)
    assert time.monotonic() - began > 10


def test_a_run_that_is_killed_again_and_again_at_any_moment_resumes(bench: Bench, calm: Calm) -> None:
    dice = random.Random(4)  # noqa: S311  the same moments each time, as far as a machine allows
    desk = bench.desk()
    bench.zip_one_project()
    for _ in range(8):
        child, orders = start(desk)
        child.join(dice.uniform(0.05, 0.5))
        child.kill()
        finish(child, orders)
    resume(bench, calm, desk)
