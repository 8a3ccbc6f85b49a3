"""A program that prepares one file four times at once, and tells the rows and the most memory that it ever took."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner.botify.download import open_download
from runner.files.prepare import prepare
from runner.files.work import FileWork
from tests.files.tables import COLUMNS

STATUS = Path("/proc/self/status")


def rows_of(url: str, folder: Path, number: int) -> int:
    """Prepare one file."""
    work = FileWork("site:export", url, folder / f"{number}.raw", folder / f"{number}.staged", COLUMNS)
    return prepare(work, open_download).rows


def peak() -> int:
    """The most bytes of memory so far. What getrusage tells begins with those of the parent, through the fork."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    url, folder = sys.argv[1:]
    with ThreadPoolExecutor(4) as threads:
        rows = [*threads.map(lambda number: rows_of(url, Path(folder), number), range(4))]
    sys.stdout.write(json.dumps({"rows": rows, "peak": peak()}))
