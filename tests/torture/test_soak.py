"""A short soak; `make torture` has a long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.torture.bench import bench
from tests.torture.soak import PROJECTS, WORLD, soak, spec

if TYPE_CHECKING:
    from pathlib import Path

EXPORTS = 3


def test_with_every_fault_at_random_all_exports_arrive_and_none_is_paid_for_twice(tmp_path: Path) -> None:
    with bench(tmp_path, WORLD, (spec(EXPORTS),)) as made:
        figures = soak(made, EXPORTS, seed=7)
    assert figures["exports"] == figures["jobs"] == PROJECTS * EXPORTS
