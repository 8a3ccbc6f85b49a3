"""What is served and asked for: tables of four columns, and specs of many projects that export them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.process import program, run

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("url", "title", "meta_description", "h1")
ORG, SLUG = "bench", "20250413"


@dataclass(frozen=True, slots=True)
class Table:
    """A table on the disk, plain and packed."""

    plain: Path
    packed: Path
    rows: int
    bytes: int


def table(folder: Path, rows: int, *, tricky: bool = False) -> Table:
    """Have one written, by a process of its own; `tricky` has quotes, commas and line ends within its fields."""
    ran = run(program("table", folder, rows, *(["tricky"] if tricky else [])), folder)
    return Table(folder / "table.csv", folder / "table.csv.gz", rows, json.loads(ran.out)["bytes"])


@dataclass(frozen=True, slots=True)
class Job:
    """A spec to be written: so many projects, so many exports of each."""

    projects: int
    exports: int = 1
    jobs: int = 20
    downloads: int = 4
    requests_per_second: float = 1000
    first_poll: float = 0.1
    longest_poll: float = 0.5
    format: str = "csv"

    @property
    def count(self) -> int:
        """Exports in all."""
        return self.projects * self.exports

    def node(self) -> dict[str, object]:
        """The spec as JSON. Exports of a project differ in what they leave out: each is a job of its own."""
        return {
            "version": 1,
            "name": "bench",
            "limits": {
                "requests_per_second": self.requests_per_second,
                "jobs": self.jobs,
                "downloads": self.downloads,
                "rows_per_export": 100_000_000,
            },
            "poll": {"first": self.first_poll, "max": self.longest_poll},
            "output": {"format": self.format},
            "projects": [{"org": ORG, "project": f"site-{n:05}", "analysis": SLUG} for n in range(self.projects)],
            "exports": [
                {"name": f"urls-{n}", "fields": list(COLUMNS), "depth": {"max": n + 1}} for n in range(self.exports)
            ],
        }

    def write(self, folder: Path) -> Path:
        """The spec as a person would write it; the file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "spec.yaml"
        path.write_text("".join(_yaml(self.node())), encoding="utf-8")
        return path


def _yaml(node: dict[str, object]) -> list[str]:
    """One line a setting, several a project: block style where people use it."""
    lines = []
    for key, value in node.items():
        if isinstance(value, list):
            lines.append(f"{key}:\n")
            lines += [_item(each) for each in value]
        else:
            lines.append(f"{key}: {json.dumps(value)}\n")
    return lines


def _item(node: dict[str, object]) -> str:
    text = "\n    ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in node.items()
    )
    return f"  - {text}\n"
