"""What bqlrun itself costs: requests and processor time for an export, a long run's pace, a run with nothing to do."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data import Job, table
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, MEGABYTE, PYTHON, ended, in_turns, middle, program, run, start
from benchmarks.served import served

if TYPE_CHECKING:
    from benchmarks.data import Table
    from benchmarks.process import Ran
    from benchmarks.served import Asked, Served

GROUP = "Overhead"
TICK = 0.2
# A job by itself, or a page of all projects' jobs.
_LOOK = re.compile(r"GET /v1/jobs(/\d|\?(?!.*project=))")


def measure(folder: Path, quick: bool) -> list[Figure]:
    """A run of instant jobs and tiny files beside httpx alone; in full also ten thousand exports in one run."""
    tiny = table(folder / "tiny", 5)
    count = 24 if quick else 300
    return [
        *_beside_httpx(folder / "alone", tiny, _instant(count), 6, "one export a project", quick=quick),
        *_beside_httpx(folder / "shared", tiny, _instant(count // 3, 3), 4, "three exports a project", quick=quick),
        *([] if quick else _many(folder / "many", tiny, _instant(2500, 4))),
    ]


def _instant(projects: int, exports: int = 1) -> Job:
    """So many jobs at once that the first look, half a second after each, holds nothing up."""
    return Job(projects, exports, jobs=100, first_poll=0.5)


def _beside_httpx(folder: Path, tiny: Table, job: Job, most: int, name: str, *, quick: bool) -> list[Figure]:
    with served(tiny) as api:
        _ours(folder / "counted", api, job)
        asked = _requests(api.log(), job.count, most, name)
        if quick:
            return asked
        pairs = in_turns(
            3, lambda n: _ours(folder / f"ours-{n}", api, job), lambda n: _replay(folder / f"replay-{n}", api)
        )
    # What both take before their first request is no cost of an export.
    ours, httpx = (min(ran.cpu for ran in side) for side in zip(*pairs, strict=True))
    started = run([BQLRUN, "run", "-q", str(_nothing(folder / "nothing"))], folder / "nothing").cpu
    loaded = run([PYTHON, "-c", "import httpx, asyncio"], folder / "nothing").cpu
    each = [1000 * seconds / job.count for seconds in (ours - started, httpx - loaded)]
    return [
        *asked,
        Figure(
            GROUP,
            f"processor time ÷ httpx alone with the same requests, {name}",
            middle(pairs, lambda ran: ran.cpu),
            2,
            ours=f"{ours:.2f} s, {each[0]:.1f} ms an export without start-up",
            theirs=f"{httpx:.2f} s, {each[1]:.1f} ms",
        ),
    ]


def _requests(log: list[Asked], exports: int, most: float, name: str) -> list[Figure]:
    """All requests, downloads too, and how many of them only looked whether jobs are done."""
    looks = sum(origin == "api" and bool(_LOOK.match(f"{method} {target}")) for _, origin, method, target, _ in log)
    return [
        Figure(GROUP, f"requests an export, {name}", len(log) / exports, most, "", ours=f"{exports} exports"),
        Figure(GROUP, "of these, looks whether jobs are done", looks / exports, None, ""),
    ]


def _nothing(folder: Path) -> Path:
    """A spec whose only project is left out by where: a run of it starts and has nothing to do."""
    path = Job(1).write(folder)
    path.write_text(path.read_text("utf-8") + "    where: {labels: [none]}\n", encoding="utf-8")
    return path


def _ours(folder: Path, api: Served, job: Job) -> Ran:
    api.told("reset=1")
    return run([BQLRUN, "run", "-q", str(job.write(folder))], folder, api.environ)


def _replay(folder: Path, api: Served) -> Ran:
    return run(program("replay", api.url), folder)


def _many(folder: Path, tiny: Table, job: Job) -> list[Figure]:
    spec = job.write(folder)
    command = [BQLRUN, "run", "-q", str(spec)]
    with served(tiny) as api:
        began = time.monotonic()
        process = start(command, folder, api.environ)
        pace = _Pace(process.pid, api)
        pace.start()
        ran = ended(process, folder, began)
        pace.join()
        api.told("reset=1")
        again = in_turns(
            3,
            lambda _: run(command, folder, api.environ),
            lambda _: run([BQLRUN, "validate", str(spec)], folder),
        )
        asked = api.told()["requests"] / 3
    first, last = pace.between(0.05, 0.15), pace.between(0.9, 1)
    noop, validate = (min(ran.cpu for ran in side) for side in zip(*again, strict=True))
    each = f"{1000 * ran.cpu / job.count:.1f} ms of processor time an export"
    return [
        Figure(
            GROUP,
            f"{job.count:,} exports in one run: processor time of the last tenth ÷ an early one",
            last / first,
            1.1,
            ours=f"{last:.1f} s; in all {ran.wall:.0f} s, {each}",
            theirs=f"{first:.1f} s",
        ),
        Figure(GROUP, "the same: memory", ran.peak / MEGABYTE, 300, "MB"),
        Figure(
            GROUP,
            f"a run of {job.count:,} finished exports ÷ validate of their spec, processor time",
            middle(again, lambda ran: ran.cpu),
            3,
            ours=f"{noop:.2f} s, {asked:.0f} requests",
            theirs=f"{validate:.2f} s",
        ),
        _status(folder),
    ]


class _Pace(threading.Thread):
    """Notes, while a run goes on, how far it is and how much processor time it has taken."""

    def __init__(self, pid: int, api: Served) -> None:
        super().__init__(daemon=True)
        self._stat, self._api = Path(f"/proc/{pid}/stat"), api
        self._seen: list[tuple[int, float]] = []

    def run(self) -> None:
        """Until the process has ended."""
        while True:
            try:
                fields = self._stat.read_text().rpartition(") ")[2].split()
            except OSError:
                return
            if fields[0] == "Z":
                return
            # Fields 14 and 15 of proc(5), in hundredths of a second; the state is field 3.
            self._seen.append((self._api.told()["downloads"], (int(fields[11]) + int(fields[12])) / 100))
            time.sleep(TICK)

    def between(self, start: float, end: float) -> float:
        """Processor seconds from one share of the work to another."""
        most = self._seen[-1][0]
        found = [next(cpu for done, cpu in self._seen if done >= share * most) for share in (start, end)]
        return found[1] - found[0]


def _status(folder: Path) -> Figure:
    """The state file of ten times as many: its rows are copied under other paths."""
    with closing(sqlite3.connect(folder / ".bqlrun" / "state.db")) as database, database:
        _copy_exports(database, 100_000)
    seconds = min(run([BQLRUN, "status"], folder).wall for _ in range(3))
    return Figure(GROUP, "status of 100,000 exports", seconds, 1, "s")


def _copy_exports(database: sqlite3.Connection, wanted: int) -> None:
    columns = [row[1] for row in database.execute("PRAGMA table_info(exports)")]
    have = database.execute("SELECT count(*) FROM exports").fetchone()[0]
    chosen = ", ".join("path || '.' || copy" if name == "path" else name for name in columns)
    copies = "WITH RECURSIVE copies(copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ?)"
    # The names are the schema's own.
    insert = f"{copies} INSERT INTO exports SELECT {chosen} FROM exports, copies"  # noqa: S608
    database.execute(insert, (wanted // have - 1,))


BENCHMARK = Benchmark("overhead", "what bqlrun costs beside what it is asked to do", measure)
