"""Fixtures that every test of the whole program shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from runner.emulator.embedded import embedded
from tests.harness import TOKEN, Desk, Emulated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stores import Server, Store

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


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulated]:
    """A fresh small Botify."""
    config = tmp_path / "world.yaml"
    config.write_text(WORLD, encoding="utf-8")
    with embedded(tmp_path / "emulator", config=config) as url:
        yield Emulated(url)


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
