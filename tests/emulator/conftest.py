"""One emulator for the whole session serves the default world, another a small one; each test finds them behaving."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.emulator import embedded
from tests.emulator.client import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

WORLD = Path(__file__).with_name("world.yaml")


@pytest.fixture(scope="session")
def default_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded(tmp_path_factory.mktemp("default"), job_seconds=0.05) as url:
        yield url


@pytest.fixture(scope="session")
def small_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded(tmp_path_factory.mktemp("small"), WORLD) as url:
        yield url


@pytest.fixture(scope="session")
def default_client(default_url: str) -> Iterator[Api]:
    with Api(default_url) as api:
        yield api


@pytest.fixture(scope="session")
def small_client(small_url: str) -> Iterator[Api]:
    with Api(small_url) as api:
        yield api


@pytest.fixture
def big(default_client: Api) -> Iterator[Api]:
    """The default world: a crawl of 2,999,210 URLs."""
    yield default_client
    default_client.http.delete("/_emulator/faults")


@pytest.fixture
def small(small_client: Api) -> Iterator[Api]:
    """The world of world.yaml."""
    yield small_client
    small_client.http.delete("/_emulator/faults")
