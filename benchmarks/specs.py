"""Large specs beside the same data as JSON, and small commands beside a bare start of Python."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.data import Job
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, PYTHON, in_turns, middle, program, run, typical

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "Specs"
SMALL = {"validate": 6, "--help": 3, "status": 3}


def measure(folder: Path, quick: bool) -> list[Figure]:
    """Thirty thousand payloads from one spec, and how long nothing takes."""
    return [
        _rendered(folder / "large", Job(100 if quick else 10_000, 3), 1 if quick else 3),
        *_small(folder, quick=quick),
    ]


def _rendered(folder: Path, job: Job, times: int) -> Figure:
    spec = job.write(folder)
    (folder / "spec.json").write_text(json.dumps(job.node()), encoding="utf-8")
    theirs = program("plainjson", folder / "spec.json")
    pairs = in_turns(times, lambda _: run([BQLRUN, "render", str(spec)], folder), lambda _: run(theirs, folder))
    ours, plain = (typical(side) for side in zip(*pairs, strict=True))
    name = f"{job.projects:,} projects × {job.exports}: load, validate, render ÷ json.loads and jsonschema"
    return Figure(GROUP, name, middle(pairs, lambda ran: ran.cpu), 3, ours=ours.shown, theirs=plain.shown)


def _small(folder: Path, *, quick: bool) -> list[Figure]:
    spec = Job(2, 2).write(folder / "small")
    commands = {name: [BQLRUN, name, *([str(spec)] if name == "validate" else [])] for name in SMALL}
    return [_beside_python(folder / "small", name, command, quick=quick) for name, command in commands.items()]


def _beside_python(folder: Path, name: str, command: list[str], *, quick: bool) -> Figure:
    bare = [PYTHON, "-c", "pass"]
    pairs = in_turns(3 if quick else 20, lambda _: run(command, folder), lambda _: run(bare, folder))
    ours, python = (typical(side) for side in zip(*pairs, strict=True))
    ratio = middle(pairs, lambda ran: ran.cpu)
    shown = [f"{1000 * ran.cpu:.0f} ms of processor time" for ran in (ours, python)]
    title = {"validate": "validate of a small spec", "status": "status of an empty state"}.get(name, name)
    return Figure(GROUP, f"{title} ÷ a bare start of Python", ratio, SMALL[name], ours=shown[0], theirs=shown[1])


BENCHMARK = Benchmark("specs", "large specs beside JSON, small commands beside a bare Python", measure)
