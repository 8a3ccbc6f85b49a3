"""What the tests of the files room share: a file's server, and work to do for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.files.work import FileWork
from tests.files.server import FileServer, file_server
from tests.files.tables import COLUMNS, DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[FileServer]:
    """Serves a small plain table."""
    with file_server(DATA) as running:
        yield running


@pytest.fixture
def work(tmp_path: Path, server: FileServer) -> FileWork:
    """The download of that table."""
    folder = tmp_path / "work"
    return FileWork("site:export", server.url, folder / "job.raw", folder / "file.staged", COLUMNS)
