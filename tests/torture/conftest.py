"""One emulator a worker, and a fresh folder a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture.bench import Bench
from tests.torture.bench import bench as new_bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Desk, Emulated


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A Botify that forgets between tests."""
    with new_bench(tmp_path_factory.mktemp("bench")) as made:
        yield made


@pytest.fixture
def desk(bench: Bench) -> Desk:
    """A folder with two specs and three exports."""
    return bench.desk()


@pytest.fixture
def emulator(bench: Bench) -> Emulated:
    """The bench's Botify."""
    return bench.emulator
