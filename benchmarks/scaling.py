"""What more workers of a fleet are good for: where a line sets the pace, and where cores are all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import Job, table
from benchmarks.figure import Benchmark, Figure
from benchmarks.fleet import fleet
from benchmarks.process import BQLRUN, MEGABYTE, Failed, Ran, run
from benchmarks.served import served

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Table
    from benchmarks.served import Served

GROUP = "More workers"
WORKERS = (1, 2, 4)
ROWS = 200_000
# Of one download, in bytes a second: a file takes about two seconds.
LINE = 4 * MEGABYTE


def measure(folder: Path, quick: bool) -> list[Figure]:
    """The same exports by 1, 2 and 4 workers of a Dask cluster on this machine."""
    served_table = table(folder / "table", 1000 if quick else ROWS)
    slowly, fast = (2, 2) if quick else (16, 64)
    size = f"{served_table.bytes / MEGABYTE:.0f} MB"
    by_line = f"{slowly} files of {size}, each at {LINE / MEGABYTE:g} MB a second"
    by_cores = f"{fast} files of {size} as fast as two cores can"
    return [
        *_scaled(folder / "line", served_table, LINE, slowly, by_line),
        *_scaled(folder / "cores", served_table, 0, fast, by_cores),
    ]


def _scaled(folder: Path, served_table: Table, pace: float, files: int, name: str) -> list[Figure]:
    folder.mkdir(parents=True)
    with served(served_table, pace=pace) as api:
        runs = {workers: _by_fleet(folder / str(workers), api, workers, files) for workers in WORKERS}
    one = runs[1].wall
    return [
        Figure(GROUP, f"{name}: {workers} workers beside one", one / ran.wall, ours=ran.shown, theirs=f"{one:.2f} s")
        for workers, ran in runs.items()
        if workers > 1
    ]


def _by_fleet(folder: Path, api: Served, workers: int, files: int) -> Ran:
    spec = Job(files, jobs=files, downloads=files).write(folder)
    api.told("reset=1")
    with fleet(folder, workers) as dask:
        ran = run([BQLRUN, "run", "-q", str(spec), "--executor", dask.executor], folder, api.environ)
    if (downloads := api.told()["downloads"]) != files:
        raise Failed(f"{downloads} downloads of {files} files")
    return ran


BENCHMARK = Benchmark("scaling", "the same exports by 1, 2 and 4 workers of a fleet", measure)
