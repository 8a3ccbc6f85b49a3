"""The server of `programs/server.py` for as long as a `with` lasts, seen from outside."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.process import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.data import Table

# When, of which origin (`api`, `files`), method, target, body.
Asked = tuple[float, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Served:
    """Its address, its process, and what it tells of itself."""

    url: str
    pid: int

    @property
    def environ(self) -> dict[str, str]:
        """What makes bqlrun talk to it."""
        return {"BOTIFY_API_URL": self.url, "BOTIFY_API_TOKEN": "bench"}

    def told(self, query: str = "") -> Any:  # noqa: ANN401 - the JSON of a trusted program
        """`log` tells every request so far, `reset` forgets them and all jobs."""
        with urllib.request.urlopen(f"{self.url}/_bench?{query}", timeout=60) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def log(self) -> list[Asked]:
        """Every request so far."""
        return [tuple(asked) for asked in self.told("log=1")["log"]]


@contextmanager
def served(
    table: Table, *, seconds: tuple[float, float] = (0, 0), latency: float = 0, pace: float = 0
) -> Iterator[Served]:
    """Serve a table as the file of every export, at a pace of so many bytes a second each where one is given."""
    options = ["--seconds", *seconds, "--latency", latency, "--pace", pace]
    command = program("server", "--file", table.packed, "--rows", table.rows, *options)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as child:  # type: ignore[call-overload]
        try:
            yield Served(json.loads(child.stdout.readline())["api"], child.pid)
        finally:
            child.terminate()
