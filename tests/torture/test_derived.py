"""Killed while a stable name or a table over all projects is made, a run is resumed as if nothing had been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture.bench import bench as new_bench
from tests.torture.bench import run
from tests.torture.child import Strike
from tests.torture.crash import calm_run, crash_and_resume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.torture.bench import Bench
    from tests.torture.crash import Calm

SPEC = """
version: 1
name: torture
limits: {requests_per_second: 500, jobs: 1, downloads: 1}
poll: {first: 0.05, max: 0.2, timeout: 60}
projects: [{org: example-org, match: "example.*"}]
exports:
  - name: titles
    fields: [url, title]
    depth: {max: 1}
    combine: projects
    output: {current: "newest/{{ project }}"}
"""
THEIRS = ("newest/", "combined", "derived")


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A Botify, and a spec whose files are made into others."""
    with new_bench(tmp_path_factory.mktemp("derived"), specs=(SPEC,)) as made:
        yield made


@pytest.fixture(scope="module")
def calm(derived: Bench) -> Calm:
    """What nothing happened to."""
    return calm_run(derived)


def strikes(calm: Calm) -> list[Strike]:
    """A kill before and after each effect on a file that is made of others."""
    return [each for each in calm.strikes() if any(name in each.effect.subject for name in THEIRS)]


def test_everything_is_made_once(calm: Calm) -> None:
    assert sorted(name for name in calm.tree if not name.startswith("example-org")) == [
        "combined/torture/titles.csv",
        "combined/torture/titles.manifest.json",
        "newest/example.com.csv",
        "newest/example.com.manifest.json",
        "newest/example.fr.csv",
        "newest/example.fr.manifest.json",
    ]
    assert len(strikes(calm)) > 20


@pytest.mark.parametrize("offset", range(3))
def test_a_run_that_is_killed_while_it_makes_them_resumes_without_a_trace(
    derived: Bench, calm: Calm, offset: int
) -> None:
    struck = strikes(calm)[offset::6]
    assert [strike for strike in struck if not crash_and_resume(derived, calm, strike)] == []


@pytest.mark.parametrize("offset", range(3))
def test_a_disk_that_refuses_leaves_no_half_file_and_the_next_run_makes_good(
    derived: Bench, calm: Calm, offset: int
) -> None:
    for each in [strike for strike in strikes(calm) if strike.moment == "before"][offset::6]:
        desk = derived.desk()
        derived.zip_one_project()
        fell = run(desk, strike=Strike(each.effect, "before", 28))
        assert fell.code == 1, (each, fell.text)
        assert run(desk).code == 0
        assert {name: data for name, data in desk.files().items() if not name.endswith(".json")} == {
            name: data for name, data in calm.tree.items() if not name.endswith(".json")
        }
        derived.clear(desk)
