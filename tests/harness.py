"""What the tests of the whole program stand on: the real command line, run as a process, against a real emulator."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.emulator.embedded import embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "emulator"


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for machines."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """All that a person saw."""
        return self.out + self.err


@dataclass
class Emulated:
    """A Botify on loopback, seen from outside: its API, its own log of requests, the folder where it keeps its jobs."""

    url: str
    data: Path

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request as any client would send it."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def query(self, project: str, bql: Any) -> list[tuple[Any, ...]]:
        """All rows of a query, dimensions before metrics."""
        path = f"/v1/projects/example-org/{project}/query?size=2000"
        rows = self.call("POST", path, bql)["results"]
        return [(*row["dimensions"], *row["metrics"]) for row in rows]

    def requests(self, method: str = "", path: str = "") -> list[Any]:
        """What was asked of either origin, as the emulator logged it; `path` is how the route begins."""
        log = self.call("GET", "/_emulator/requests")
        return [each for each in log if each["method"].startswith(method) and each["path"].startswith(path)]

    def creations(self) -> int:
        """How many jobs were asked for, whatever came of it."""
        return len(self.requests("POST", "/v1/jobs"))

    def downloads(self) -> list[Any]:
        """What was asked of the file host."""
        return [each for each in self.requests() if each["origin"] == "downloads"]

    def jobs(self) -> list[Any]:
        """Every job that exists, newest first."""
        jobs: list[Any] = self.call("GET", "/v1/jobs?size=1000")["results"]
        return jobs

    def fault(self, fault: str, **options: Any) -> None:
        """Make it misbehave."""
        self.call("POST", "/_emulator/faults", {"fault": fault, **options})

    def heal(self) -> None:
        """Make it behave again."""
        self.call("DELETE", "/_emulator/faults")

    def forget(self) -> None:
        """Every job is gone, and with it its file, what was asked and what was to go wrong."""
        with closing(sqlite3.connect(self.data / "jobs.db", timeout=30)) as database, database:
            database.execute("DELETE FROM jobs")
        for file in (self.data / "files").iterdir():
            file.unlink(missing_ok=True)
        self.heal()
        self.call("DELETE", "/_emulator/requests")


@contextmanager
def serving(world: str, folder: Path) -> Iterator[Emulated]:
    """A Botify of that world."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "world.yaml"
    config.write_text(world, encoding="utf-8")
    with embedded(folder / "emulator", config=config) as url:
        yield Emulated(url, folder / "emulator")


@dataclass
class Desk:
    """A user's folder: specs are written here, commands run here."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def whole_environ(self) -> dict[str, str]:
        """What a command finds around it: nothing of Botify but what the desk says."""
        return {key: value for key, value in os.environ.items() if not key.startswith("BOTIFY")} | self.environ

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Begin a command and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            cwd=self.folder,
            env=self.whole_environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def bqlrun(self, *arguments: str, timeout: float = 120) -> Ran:
        """Run a command to its end. No command may ever show a traceback."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"bqlrun {arguments} did not end in {timeout} s:\n{out}\n{err}") from None
        assert "Traceback" not in out + err, err
        return Ran(process.returncode, out, err)

    def files(self, folder: str = "downloads") -> dict[str, bytes]:
        """Every file under a folder, by its relative path."""
        root = self.folder / folder
        return {str(path.relative_to(root)): path.read_bytes() for path in self._walk(root)}

    def _walk(self, root: Path) -> Iterator[Path]:
        return (path for path in sorted(root.rglob("*")) if path.is_file())


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """As if a run on another state file had looked at what is in a folder, and was about to place its file there."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def assert_still(folder: Path) -> None:
    """Nothing is in a folder, nor does anything come."""
    time.sleep(0.3)
    assert list(folder.iterdir()) == []


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
