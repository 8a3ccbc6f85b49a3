"""Fixtures that every test of the whole program shares."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.harness import TOKEN, Desk, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.harness import Emulated
    from tests.stores import Server, Store

# What starts programs takes long, and comes first: the many quick tests then even out what the processes are left with.
DEAR = ("tests/test_", "tests/torture/", "tests/cli/", "tests/emulator/", "tests/files/")
# What these share, here a fresh environment with the built wheel, is dearer than that they wait for one another.
TOGETHER = ("tests/test_readme.py",)
# How long an example takes says how busy the machine is, and nothing of the program.
settings.register_profile("bqlrun", deadline=None)
settings.load_profile("bqlrun")

# A small agency: two sites with several crawls, a failed and a running one among them, and one that never had any.
WORLD = """
tokens: {emulator: [example-org], other-token: [other-org]}
organisations:
  example-org:
    example.com:
      analyses:
        - {slug: 20250413, depths: [1, 9, 90, 400]}
        - {slug: 20250401-2, depths: [1, 9, 80]}
        - {slug: 20250401, depths: [1, 9]}
        - {slug: 20250420, status: failed, depths: [1]}
        - {slug: 20250421, status: crawling, depths: [1]}
      search_console: {start: 2025-03-01, end: 2025-04-30, rows_per_day: 50}
    example.fr: {analyses: [{slug: 20250413, depths: [1, 20], without_depth: 7}]}
    empty.example: {analyses: []}
  other-org:
    other.example: {analyses: [{slug: 20250413, depths: [1, 5]}]}
behaviour: {job_seconds: 0.2}
"""


class Together(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Which tests go to one process. xdist's own marks for that do nothing under pytest 9.2, and do not say so."""

    def _split_scope(self, nodeid: str) -> str:
        return next((module for module in TOGETHER if nodeid.startswith(module)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """How `pytest -n` shares out the tests."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dear ones first."""
    items.sort(key=lambda item: next((n for n, begun in enumerate(DEAR) if item.nodeid.startswith(begun)), len(DEAR)))


@pytest.fixture(scope="session")
def botify_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Emulated]]:
    """The Botify of a world: started once a process, as that takes half a second, and each time without a past."""
    with ExitStack() as running:

        @cache
        def started(world: str) -> Emulated:
            return running.enter_context(serving(world, tmp_path_factory.mktemp("botify")))

        def fresh(world: str) -> Emulated:
            started(world).forget()
            return started(world)

        yield fresh


@pytest.fixture
def emulator(botify_of: Callable[[str], Emulated]) -> Emulated:
    """The small Botify."""
    return botify_of(WORLD)


@pytest.fixture
def desk(tmp_path: Path, emulator: Emulated) -> Desk:
    """A user's folder that is set up for the small Botify."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, {"BOTIFY_API_URL": emulator.url, "BOTIFY_API_TOKEN": TOKEN})


@pytest.fixture
def quiet_desk(tmp_path: Path) -> Desk:
    """A user's folder with no API at all: for commands that need none."""
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def store_server() -> Iterator[Server]:
    """One S3 server for all tests of a process."""
    from tests.stores import Server  # noqa: PLC0415  moto takes its time

    server = Server()
    stop = server.start()
    yield server
    stop()


@pytest.fixture
def store(store_server: Server) -> Store:
    """A fresh bucket."""
    return store_server.bucket()
