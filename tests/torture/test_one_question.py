"""One question under several names, in several specs, by several runs: paid for once, failed or forced too."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.torture.bench import finish, run, start
from tests.torture.child import Strike

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated
    from tests.torture.bench import Bench, Fell

SPEC = """
version: 1
name: {name}
limits: {{requests_per_second: 500}}
poll: {{first: 0.05, max: 0.2, timeout: 60}}
output: {{dir: "{name}"}}
projects:
  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413
exports:
"""
ONE = "  - {name: one, fields: [url], depth: {max: 1}}\n"
OTHER = "  - {name: other, fields: [url], depth: {max: 1}, output: {header: none}}\n"
TWO_NAMES = {"two/a.yaml": SPEC.format(name="a") + ONE + OTHER}
TWO_SPECS = {"two/a.yaml": SPEC.format(name="a") + ONE, "two/b.yaml": SPEC.format(name="b") + ONE}


@pytest.fixture(params=[TWO_NAMES, TWO_SPECS], ids=["two names", "two specs"])
def twice(request: pytest.FixtureRequest, desk: Desk) -> Desk:
    for name, text in request.param.items():
        desk.write(name, text)
    return desk


def test_a_failed_job_is_not_submitted_again_in_the_same_run_by_any_name(twice: Desk, emulator: Emulated) -> None:
    emulator.fault("job_failed")
    ran = run(twice, "run", "two")
    assert ran.code == 1
    assert "2 failed" in ran.text
    assert len(emulator.jobs()) == 1
    assert run(twice, "run", "two").code == 0
    assert len(emulator.jobs()) == 2


def test_force_pays_for_a_question_once_by_whatever_names_it_is_asked(twice: Desk, emulator: Emulated) -> None:
    for jobs in (1, 2):
        ran = run(twice, "run", "two", "--force")
        assert ran.code == 0, ran.text
        assert len(emulator.jobs()) == jobs


def together(desk: Desk, emulator: Emulated, *options: str) -> list[Fell]:
    """Two runs, the second of which begins while the first one's job is under way."""
    desk.write("one.yaml", SPEC.format(name="a") + ONE)
    emulator.fault("delay", seconds=4, method="GET", path="/v1/jobs/*", times=1)
    first = start(desk, "run", "one.yaml", *options)
    while not emulator.jobs():
        time.sleep(0.02)
    second = start(desk, "run", "one.yaml", *options)
    return [finish(*first), finish(*second)]


def test_runs_that_wait_for_a_job_that_fails_report_it_and_submit_nothing(desk: Desk, emulator: Emulated) -> None:
    emulator.fault("job_failed")
    fell = together(desk, emulator)
    assert [each.code for each in fell] == [1, 1], [each.text for each in fell]
    assert "another run is at it" in fell[1].text
    assert len(emulator.jobs()) == 1


@pytest.mark.parametrize("there", ["nothing", "a failure"])
def test_force_that_was_killed_anywhere_and_is_given_again_pays_once(bench: Bench, there: str) -> None:
    desk = bench.desk()
    desk.write("one.yaml", SPEC.format(name="a") + ONE)
    forced = ("run", "one.yaml", "--force")
    calm = run(desk, *forced)
    assert calm.code == 0
    created = next(number for number, each in enumerate(calm.effects) if each.subject == "job # created")
    for effect in calm.effects[created - 2 : created + 2]:
        desk = bench.desk()
        desk.write("one.yaml", SPEC.format(name="a") + ONE)
        if there == "a failure":
            bench.emulator.fault("job_failed")
            assert run(desk, *forced).code == 1
        assert run(desk, *forced, strike=Strike(effect, "after")).code == -9
        again = run(desk, *forced)
        assert again.code == 0, again.text
        assert len(bench.paid()) == 1, effect
