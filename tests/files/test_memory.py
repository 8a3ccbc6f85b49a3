"""However large the file, and however long a record of it, a process that prepares it stays small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.files.four_at_once import STATUS
from tests.files.server import file_server

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 1 << 20
SIZE = 50 * MEGABYTE


def many_records() -> bytes:
    """A table of small records, with all that a quoted value may hold."""
    record = b'https://www.example.com/%07d,"A title, with ""quotes"" and\na line end"\n'
    thousand = b"".join(record % number for number in range(1000))
    return thousand * (SIZE // len(thousand))


def one_record() -> bytes:
    """A table whose only record is that large, of quotes, commas and line ends."""
    return b'url,"' + b'and ""so"" on,\n' * (SIZE // 15) + b'"\n'


@pytest.mark.skipif(not STATUS.exists(), reason="this system does not tell")
@pytest.mark.parametrize("table", [many_records, one_record])
def test_four_large_files_at_once_fit_into_120_megabytes(tmp_path: Path, table: Callable[[], bytes]) -> None:
    data = table()
    with file_server(data) as server:
        command = [sys.executable, "-m", "tests.files.four_at_once", server.url, str(tmp_path)]
        done = subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    told = json.loads(done.stdout)
    assert told["rows"] == [data.count(b"https:") or 1] * 4
    assert told["peak"] < 120 * MEGABYTE
    assert sum(path.stat().st_size for path in tmp_path.glob("*.staged")) > 4 * len(data)
