"""How close a run comes to the least time that its jobs and the pace of requests allow, on the emulator."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.data import ORG, SLUG, Job
from benchmarks.emulated import emulated
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, Failed, run

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.emulated import Emulated

GROUP = "Makespan"
SLOTS = 16
SECONDS = (0.5, 5.0)
SLOW = 5


def measure(folder: Path, quick: bool) -> list[Figure]:
    """300 exports over 100 projects in 16 slots; the same at 5 requests a second."""
    projects = 4 if quick else 100
    free = Job(projects, 3, jobs=SLOTS)
    # Looks as rare as they are without a word of the spec.
    paced = Job(projects, 3, jobs=SLOTS, requests_per_second=SLOW, first_poll=2, longest_poll=30)
    return [_by_slots(folder / "slots", free), *([] if quick else _by_requests(folder / "requests", paced))]


def _by_slots(folder: Path, job: Job) -> Figure:
    with emulated(folder, _world(job, f"{{jobs: {SLOTS}}}")) as api:
        ran = run([BQLRUN, "run", "-q", str(job.write(folder / "desk"))], folder / "desk", api.environ)
        seconds = _job_seconds(folder, job)
    least = max(sum(seconds) / SLOTS, *seconds)
    return Figure(
        GROUP,
        f"{job.count} exports of {SECONDS[0]:g} to {SECONDS[1]:g} s in {SLOTS} slots: time ÷ lower bound",
        ran.wall / least,
        1.1,
        ours=ran.shown,
        theirs=f"{sum(seconds):.0f} s of jobs ÷ {SLOTS} = {least:.1f} s",
    )


def _by_requests(folder: Path, job: Job) -> list[Figure]:
    with emulated(folder, _world(job, f"{{jobs: {SLOTS}, requests_per_second: {SLOW}}}")) as api:
        ran = run([BQLRUN, "run", "-q", str(job.write(folder / "desk"))], folder / "desk", api.environ)
        longest = max(_job_seconds(folder, job))
        looks, pages, others, refused = _sorted(api)
    least = others / SLOW + longest
    name = f"the same at {SLOW} requests a second: time ÷ (requests but polls ÷ {SLOW} + longest job)"
    theirs = f"{others} ÷ {SLOW} + {longest:.1f} s = {least:.1f} s"
    polls = f"{looks} single, {refused} requests were answered 429"
    return [
        Figure(GROUP, name, ran.wall / least, 1.1, ours=ran.shown, theirs=theirs),
        Figure(GROUP, "its polls: pages that tell of all jobs", pages, unit="", ours=polls),
    ]


def _sorted(api: Emulated) -> tuple[int, int, int, int]:
    """Single looks at jobs, pages of them, all other requests of the API, and those that came too fast."""
    asked = [each for each in api.requests() if each["origin"] == "api"]
    gets = [each for each in asked if each["method"] == "GET"]
    looks = sum(each["path"].startswith("/v1/jobs/") for each in gets)
    pages = sum(each["path"] == "/v1/jobs" and "project" not in each["query"] for each in gets)
    return looks, pages, len(asked) - looks - pages, sum(each["status"] == 429 for each in asked)


def _world(job: Job, limits: str) -> str:
    sites = "".join(
        f"    site-{number:05}: {{analyses: [{{slug: {SLUG}, depths: [1, 20, 50, 100]}}]}}\n"
        for number in range(job.projects)
    )
    return f"organisations:\n  {ORG}:\n{sites}behaviour: {{job_seconds: {list(SECONDS)}}}\nlimits: {limits}\n"


def _job_seconds(folder: Path, job: Job) -> list[float]:
    """How long each job took, from the emulator's own table."""
    [found] = (folder / "emulator").glob("*.db")
    with closing(sqlite3.connect(found)) as database:
        seconds = [row[0] for row in database.execute("SELECT ready - created FROM jobs")]
    if len(seconds) != job.count:
        raise Failed(f"{len(seconds)} jobs were created for {job.count} exports")
    return seconds


BENCHMARK = Benchmark("makespan", "300 exports beside the least time that they can take", measure)
