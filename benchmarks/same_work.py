"""The same work as a bare script's: its time, its memory, and what is paid twice after kill -9 in the middle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.data import Job, table
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, MEGABYTE, Failed, Ran, in_turns, middle, program, run, start, typical
from benchmarks.served import served

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Table
    from benchmarks.served import Served

GROUP = "Same work"
# How often the script looks whether a job is done, in seconds.
POLL = 0.1


def measure(folder: Path, quick: bool) -> list[Figure]:
    """Large files at once, many small ones with latency, and both after a kill."""
    large = table(folder / "large", 500 if quick else 50_000)
    small = table(folder / "small", 500)
    figures = [] if quick else [*_large(folder, large), *_small(folder, small)]
    return [*figures, *_killed(folder, large, quick=quick)]


def _large(folder: Path, rows: Table) -> list[Figure]:
    job = Job(20, jobs=20, first_poll=POLL, longest_poll=POLL)
    with served(rows, seconds=(2, 2)) as api:
        pairs = in_turns(
            3, lambda n: _ours(folder / f"large-{n}", api, job), lambda n: _floor(folder / f"floor-{n}", api, job, 20)
        )
        server = api.told()["cpu"] / 6
    ours, floor = (typical(side) for side in zip(*pairs, strict=True))
    time_ratio = middle(pairs, lambda ran: ran.wall)
    return [
        _figure("20 × 50,000 rows, jobs of 2 s: time ÷ bare script of 20 threads", time_ratio, 1.75, ours, floor),
        Figure(GROUP, "the same: memory", ours.peak / MEGABYTE, 100, "MB", theirs=f"{floor.peak / MEGABYTE:.0f} MB"),
        _figure("the same: processor time", middle(pairs, lambda ran: ran.cpu), None, ours, floor),
        Figure(GROUP, "the same: processor time of the server, a run", server, unit="s"),
    ]


def _small(folder: Path, rows: Table) -> list[Figure]:
    job = Job(200, jobs=50, first_poll=POLL, longest_poll=POLL)
    with served(rows, seconds=(2, 2), latency=0.1) as api:
        pairs = in_turns(
            1, lambda n: _ours(folder / f"small-{n}", api, job), lambda n: _floor(folder / f"thin-{n}", api, job, 50)
        )
    ours, floor = (typical(side) for side in zip(*pairs, strict=True))
    name = "200 × 500 rows, jobs of 2 s, 100 ms latency: time ÷ bare script of 50 threads"
    return [_figure(name, middle(pairs, lambda ran: ran.wall), 1.25, ours, floor)]


def _figure(name: str, value: float, goal: float | None, ours: Ran, theirs: Ran) -> Figure:
    return Figure(GROUP, name, value, goal, ours=ours.shown, theirs=theirs.shown)


def _ours(folder: Path, api: Served, job: Job) -> Ran:
    api.told("reset=1")
    spec = job.write(folder)
    return run([BQLRUN, "run", "-q", str(spec)], folder, api.environ)


def _floor(folder: Path, api: Served, job: Job, threads: int) -> Ran:
    api.told("reset=1")
    folder.mkdir(parents=True)
    return run(program("floor", api.url, job.projects, threads, POLL, folder), folder)


def _killed(folder: Path, rows: Table, *, quick: bool) -> list[Figure]:
    """Killed once half of the jobs are submitted, which makes the next run wait 10 s, and again among downloads."""
    projects = 8 if quick else 20
    moments = [("downloads", 1)] if quick else [("jobs", projects // 2), ("downloads", 1)]
    desk = folder / "killed"
    spec = Job(projects, jobs=projects).write(desk)
    command = [BQLRUN, "run", "-q", str(spec)]
    with served(rows, seconds=(1, 1)) as api:
        for what, number in moments:
            process = start(command, desk, api.environ)
            _until(api, what, number)
            process.kill()
            process.wait()
        run(command, desk, api.environ)
        again = api.told()["jobs"] - projects
    files = len(list(desk.glob("downloads/**/*.csv")))
    if files != projects:
        raise Failed(f"{files} files of {projects} are there after kill -9")
    ours = f"{projects} jobs, {projects} files in place"
    return [Figure(GROUP, "jobs submitted again after kill -9", again, 0, "jobs", ours=ours)]


def _until(api: Served, what: str, number: int) -> None:
    deadline = time.monotonic() + 60
    while api.told()[what] < number:
        if time.monotonic() > deadline:
            raise Failed(f"there never were {number} {what}")
        time.sleep(0.01)


BENCHMARK = Benchmark("same-work", "the same work by bqlrun and by a bare script", measure)
