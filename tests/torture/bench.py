"""Where the program is tortured: an emulator that can be made to forget, fresh folders, children that are struck."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.harness import TOKEN, Desk, serving
from tests.torture.child import Effect, Orders, act

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from tests.harness import Emulated
    from tests.torture.child import Strike

WORLD = """
tokens: {emulator: [example-org]}
organisations:
  example-org:
    example.com: {analyses: [{slug: 20250413, depths: [1, 9, 90, 400]}]}
    example.fr: {analyses: [{slug: 20250413, depths: [1, 20], without_depth: 7}]}
behaviour: {job_seconds: 0.1}
"""
SPEC = """
version: 1
name: torture
limits: {requests_per_second: 500}
poll: {first: 0.05, max: 0.2, timeout: 60}
projects:
  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413
exports:
  - {name: titles, fields: [url, title, h1], depth: {max: 2}}
  - {name: packed, fields: [url, http_code], depth: {max: 1}, output: {format: csv.gz}}
"""
SECOND_SPEC = """
version: 1
name: torture-too
limits: {requests_per_second: 500}
poll: {first: 0.05, max: 0.2, timeout: 60}
projects: [{org: example-org, project: example.fr, analysis: latest}]
exports: [{name: zipped, fields: [url, depth], depth: max_safe}]
"""
# What of a manifest is another in every run.
CHANGING = ("job_ids", "finished_at")
_numbers = count()
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.torture.child"])


@dataclass(frozen=True)
class Fell:
    """A child that has ended: how, what it said, and which effects it had before."""

    code: int
    text: str
    effects: tuple[Effect, ...]
    struck: bool


@dataclass
class Bench:
    """One emulator, and as many users' folders as there are cases."""

    emulator: Emulated
    folder: Path
    specs: tuple[str, ...] = (SPEC, SECOND_SPEC)
    _numbers: Iterator[int] = field(default_factory=count)

    def desk(self) -> Desk:
        """A fresh folder with the specs, and an API without a past."""
        self.emulator.forget()
        folder = self.folder / f"case-{next(self._numbers)}"
        folder.mkdir(parents=True)
        desk = Desk(folder, {"BOTIFY_API_URL": self.emulator.url, "BOTIFY_API_TOKEN": TOKEN})
        for number, spec in enumerate(self.specs):
            desk.write(f"specs/{number}.yaml", spec)
        return desk

    def zip_one_project(self) -> None:
        """Files of one project come as zip, those of the other as gzip."""
        self.emulator.fault("archive", kind="zip", times=0, path="/export_data/*/example.fr-*")

    def paid(self) -> list[dict[str, Any]]:
        """The payload of each job that did not fail, read past the API: an emulator in trouble still tells."""
        with closing(sqlite3.connect(self.emulator.data / "jobs.db", timeout=30)) as database:
            found = database.execute("SELECT payload FROM jobs WHERE outcome <> 'FAILED'")
            return [json.loads(payload) for (payload,) in found]

    def creations(self) -> list[str]:
        """The payload of each job that exists, as text."""
        return sorted(json.dumps(job["payload"], sort_keys=True) for job in self.emulator.jobs())

    def clear(self, desk: Desk) -> None:
        """Nothing of a case is left."""
        shutil.rmtree(desk.folder)


@contextmanager
def bench(folder: Path, world: str = WORLD, specs: tuple[str, ...] = (SPEC, SECOND_SPEC)) -> Iterator[Bench]:
    """A bench with an emulator of its own."""
    with serving(world, folder) as emulator:
        yield Bench(emulator, folder / "desks", specs)


def start(desk: Desk, *arguments: str, strike: Strike | None = None, hasty: bool = True) -> tuple[BaseProcess, Orders]:
    """Begin a command and do not wait for it."""
    orders = Orders(desk.folder, arguments or ("run", "specs"), desk.environ, strike, hasty, next(_numbers))
    child = _forks.Process(target=act, args=(orders,))
    child.start()
    return child, orders


def finish(child: BaseProcess, orders: Orders, timeout: float = 60) -> Fell:
    """Wait for a command. Whatever happens to it, no person ever sees a traceback."""
    child.join(timeout)
    if child.exitcode is None:
        child.kill()
        child.join()
        raise AssertionError(f"{orders} did not end in {timeout} s:\n{_said(orders.notes)}")
    said, code = _said(orders.notes), child.exitcode
    child.close()
    assert "Traceback" not in said, said
    assert "unexpected" not in said, said
    struck, effects = _effects(orders.notes / "effects.json")
    shutil.rmtree(orders.notes)
    return Fell(code, said, effects, struck)


def run(desk: Desk, *arguments: str, strike: Strike | None = None, hasty: bool = True) -> Fell:
    """A command to its end, be it bitter."""
    return finish(*start(desk, *arguments, strike=strike, hasty=hasty))


def tree(desk: Desk) -> dict[str, Any]:
    """The output folder: every file's bytes, and of manifests what does not change from run to run."""
    return {name: lasting(name, data) for name, data in desk.files().items()}


def lasting(name: str, data: bytes) -> Any:
    """What of a file is the same in every run: of a table every byte."""
    if not name.endswith(".manifest.json"):
        return data
    return {key: value for key, value in json.loads(data).items() if key not in CHANGING}


def _said(notes: Path) -> str:
    return "".join((notes / name).read_text(encoding="utf-8") for name in ("out", "err") if (notes / name).exists())


def _effects(path: Path) -> tuple[bool, tuple[Effect, ...]]:
    if not path.exists():
        return False, ()
    struck, effects = json.loads(path.read_text(encoding="utf-8"))
    return struck, tuple(Effect(*each) for each in effects)
