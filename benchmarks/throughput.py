"""One large file from its server to its place, beside `curl | gunzip > file; wc -l file`, which checks nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.data import Job, table
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, MEGABYTE, PYTHON, Failed, in_turns, middle, run, typical
from benchmarks.served import served

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Table
    from benchmarks.process import Ran
    from benchmarks.served import Served

GROUP = "Bytes"
# A row of such a table takes about 170 bytes.
GIGABYTE = 6_200_000
# bqlrun on a machine where the faster inflater is not installed.
WITHOUT_ISAL = "import sys; sys.modules['isal'] = None; from runner.cli.main import entry; sys.exit(entry())"


def measure(folder: Path, quick: bool) -> list[Figure]:
    """A gigabyte with quotes, commas and line ends within its fields."""
    tricky = table(folder / "gigabyte", 2_000 if quick else GIGABYTE, tricky=True)
    times = 1 if quick else 3
    with served(tricky) as api:
        return [
            *_beside_curl(folder, tricky, api, "isal", [BQLRUN], times),
            *_beside_curl(folder, tricky, api, "zlib", [PYTHON, "-c", WITHOUT_ISAL], times),
        ]


def measure_large(folder: Path, quick: bool) -> list[Figure]:
    """Ten gigabytes, and four files of ten gigabytes at once: time for each byte stays, memory too."""
    large = table(folder / "large", 2_000 if quick else 10 * GIGABYTE, tricky=True)
    with served(large) as api:
        figures = _beside_curl(folder, large, api, "isal", [BQLRUN], 1)
        # Room for the four: what is measured is not looked at again.
        for side in (folder / "ours", folder / "theirs"):
            shutil.rmtree(side)
        four = _ours(folder / "four", api, [BQLRUN], Job(4))
    speed = 4 * large.bytes / four.wall / MEGABYTE
    shown = f"{speed:.0f} MB/s, {four.shown}"
    name = f"{_size(large)}, four at once: memory"
    return [*figures, Figure(GROUP, name, four.peak / MEGABYTE, 120, "MB", ours=shown)]


def _beside_curl(folder: Path, rows: Table, api: Served, inflater: str, command: list[str], times: int) -> list[Figure]:
    pairs = in_turns(
        times, lambda _: _ours(folder / "ours", api, command, Job(1)), lambda _: _curl(folder / "theirs", api, rows)
    )
    ours, theirs = (typical(side) for side in zip(*pairs, strict=True))
    speeds = [f"{rows.bytes / ran.wall / MEGABYTE:.0f} MB/s, {ran.shown}" for ran in (ours, theirs)]
    name = f"{_size(rows)} fetched, unpacked, checked, placed with {inflater}"
    value = 1 / middle(pairs, lambda ran: ran.wall)
    peak = max(ran.peak for ran, _ in pairs) / MEGABYTE
    return [
        Figure(GROUP, f"{name}: speed ÷ curl, gunzip, wc", value, 1, "×", "at least", *speeds),
        Figure(GROUP, "the same: memory", peak, 120, "MB"),
    ]


def _ours(folder: Path, api: Served, command: list[str], job: Job) -> Ran:
    """A whole run, from a spec to files in place, in an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    api.told("reset=1")
    return run([*command, "run", "-q", str(job.write(folder))], folder, api.environ)


def _curl(folder: Path, api: Served, rows: Table) -> Ran:
    shutil.rmtree(folder, ignore_errors=True)
    address = f"{api.told()['origins']['files']}/file"
    ran = run(["sh", "-c", f"curl -sS {address} | gunzip > file.csv; wc -l file.csv"], folder)
    if int(ran.out.split()[0]) < rows.rows:
        raise Failed(f"curl and gunzip came to {ran.out}")
    return ran


def _size(rows: Table) -> str:
    return f"{rows.bytes / 1e9:.1f} GB"


BENCHMARK = Benchmark("throughput", "a gigabyte from its server to its place", measure)
LARGE = Benchmark("throughput-large", "ten gigabytes, and four times ten at once", measure_large, large=True)
