"""The benchmarks in their quick form: what counts can be asserted on any machine, what times cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import overhead, same_work

if TYPE_CHECKING:
    from pathlib import Path


def test_a_kill_in_the_middle_pays_for_nothing_twice(tmp_path: Path) -> None:
    [again] = same_work.measure(tmp_path, quick=True)
    assert again.value == 0


def test_an_export_takes_few_requests_and_fewer_beside_others_of_its_project(tmp_path: Path) -> None:
    alone, alone_looks, shared, shared_looks = overhead.measure(tmp_path, quick=True)
    # A look at the jobs serves all that wait: a small run has few to share it, and how many it takes is up to time.
    assert alone.value - alone_looks.value <= 6
    assert shared.value - shared_looks.value <= 4
