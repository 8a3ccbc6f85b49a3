"""What people would pick instead, doing the same job on the same server: time, memory, and what a kill costs."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data import Job, table
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, MEGABYTE, Failed, program, run, start
from benchmarks.served import served

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.data import Table
    from benchmarks.process import Ran
    from benchmarks.served import Served

GROUP = "Against what people would pick instead"
HERE = Path(__file__).parent
# An environment of their own, made from requirements.txt by `make bench-large`.
PEERS_PYTHON = Path(".venv-peers/bin/python").absolute()
JOBS = 20
# Seconds between looks at a job, where that can be said.
POLL = 0.1


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to do the job: its name, and its command for an API, so many projects and a folder."""

    name: str
    command: Callable[[Served, int, Path], list[str]]


def measure(folder: Path, quick: bool) -> list[Figure]:
    """40 projects of 50,000 rows, by bqlrun and by each of the others."""
    projects = 2 if quick else 40
    rows = table(folder / "table", 500 if quick else 50_000)
    figures: list[Figure] = []
    with served(rows, seconds=(2, 2)) as api:
        whole = {peer.name: _whole(peer, api, projects, folder / peer.name) for peer in _peers()}
        for peer in _peers():
            figures += _figures(peer, whole, _killed(peer, api, projects, folder / f"{peer.name} killed", rows))
    return figures


def _peers() -> list[Peer]:
    def bqlrun(_: Served, projects: int, folder: Path) -> list[str]:
        job = Job(projects, jobs=JOBS, first_poll=POLL, longest_poll=POLL)
        return [BQLRUN, "run", "-q", str(job.write(folder))]

    def script(api: Served, projects: int, folder: Path) -> list[str]:
        return program("floor", api.url, projects, 1, POLL, folder)

    peers = [Peer("bqlrun", bqlrun), Peer("a script, one export after the other", script)]
    if PEERS_PYTHON.exists():
        return [*peers, _installed("Airbyte CDK", "airbyte"), _installed("dlt", "dlt_resource")]
    sys.stderr.write("peers: Airbyte and dlt are not installed: make bench-large installs them\n")
    return peers


def _installed(name: str, script: str) -> Peer:
    def command(api: Served, projects: int, folder: Path) -> list[str]:
        return [str(PEERS_PYTHON), str(HERE / f"{script}.py"), api.url, str(projects), str(JOBS), str(folder)]

    return Peer(name, command)


def _whole(peer: Peer, api: Served, projects: int, folder: Path) -> tuple[Ran, int]:
    """From nothing to the end; and how many jobs that took."""
    api.told("reset=1")
    folder.mkdir(parents=True)
    ran = run(peer.command(api, projects, folder), folder, api.environ)
    shutil.rmtree(folder)
    return ran, api.told()["jobs"]


def _killed(peer: Peer, api: Served, projects: int, folder: Path, rows: Table) -> tuple[int, str]:
    """Killed when a quarter of the files are asked for, and run again: jobs in all, and what the kill had left."""
    api.told("reset=1")
    folder.mkdir(parents=True)
    command = peer.command(api, projects, folder)
    process = start(command, folder, api.environ)
    deadline = time.monotonic() + 300
    while api.told()["downloads"] < max(1, projects // 4) and process.poll() is None:
        if time.monotonic() > deadline:
            raise Failed(f"{peer.name} never came to a quarter of its files")
        time.sleep(0.02)
    process.kill()
    process.wait()
    left = _left(folder, rows)
    run(command, folder, api.environ)
    shutil.rmtree(folder)
    return api.told()["jobs"] - projects, left


def _left(folder: Path, rows: Table) -> str:
    """Tables that a reader would find, and which of them are whole."""
    found = [path for path in folder.glob("**/*.csv") if ".bqlrun" not in path.parts and "state" not in path.parts]
    whole = sum(_lines(path) >= rows.rows for path in found)
    records = sum(line.startswith('{"type":"RECORD"') for line in (folder / "stdout").open(errors="replace"))
    stream = f", {records:,} records of a stream" if records else ""
    return f"{whole} whole tables, {len(found) - whole} cut ones{stream}"


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _figures(peer: Peer, whole: dict[str, tuple[Ran, int]], killed: tuple[int, str]) -> list[Figure]:
    ran, jobs = whole[peer.name]
    ours = whole["bqlrun"][0]
    about = f"{jobs} jobs, {ran.cpu:.1f} s of processor time, {ran.peak / MEGABYTE:.0f} MB"
    ratio = f"{ran.wall / ours.wall:.1f} × bqlrun's"
    again, left = killed
    return [
        Figure(GROUP, f"{peer.name}: time", ran.wall, unit="s", ours=about, theirs=ratio),
        Figure(GROUP, f"{peer.name}: jobs submitted again after kill -9", again, unit="", ours=f"the kill left {left}"),
    ]


BENCHMARK = Benchmark("peers", "the same job by what people would pick instead", measure, large=True)
