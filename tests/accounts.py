"""An account of Botify that lives in memory and says what was asked of it, in order; and exports to submit to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from runner.botify.answers import Job
from runner.bql.asked import Asked
from runner.bql.request import Request
from runner.plan.model import PlannedExport, Wanted
from runner.spec.load import load_specs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.jsonvalue import JsonObject

SPEC = """
version: 1
name: lone
limits: {limits}
projects: [{{org: org, project: project, analysis: "20250413"}}]
exports: [{{name: urls, fields: [url], depth: {{max: 1}}}}]
"""
PAYLOAD: JsonObject = {
    "username": "org",
    "project": "project",
    "export_size": 1000,
    "query": {"collections": ["crawl.20250413"]},
}


def wanted(folder: Path, limits: str = "{}", **more: object) -> Wanted:
    """An export of ten rows; `limits` as a spec writes them, `more` what else is different about it."""
    (folder / "spec.yaml").write_text(SPEC.format(limits=limits), encoding="utf-8")
    [spec] = load_specs([folder / "spec.yaml"])
    asked = Asked(spec.projects[0], spec.exports[0], "20250413", {})
    request = Request(PAYLOAD, (("crawl.20250413.url", None),), ("crawl.20250413",))
    plain = Wanted(spec, "api", asked, request, "f" * 64, "urls.csv", 10, "max 1", "10 rows")
    return replace(plain, **more)  # type: ignore[arg-type]


def planned(export: Wanted) -> PlannedExport:
    """The line of a plan that an export has."""
    return PlannedExport(export.spec, "org", "project", "20250413", "urls", (), export)


def job(number: int, payload: JsonObject | None = PAYLOAD, status: str = "CREATED") -> Job:
    """A job as the account shows it."""
    return Job(str(number), status, payload, None, "2025-04-20T00:00:00Z")


@dataclass
class Account:
    """What of `runner.botify.client.Botify` creates and lists jobs.

    `outcomes` are what creating comes to, one after the other: a job, or an error; `here` is what the account lists,
    and what it shows of a job that it is asked for. `on_wait` happens during each wait. `together` has how many
    creations were under way when each of them began.
    """

    outcomes: list[Job | Exception] = field(default_factory=list)
    here: list[Job] = field(default_factory=list)
    counted: int = 0
    seen: list[str] = field(default_factory=list)
    waited: float = 0
    at_once: int = 0
    together: list[int] = field(default_factory=list)
    on_wait: Callable[[], None] = lambda: None

    async def sleep(self, seconds: float) -> None:
        """Note a wait, which costs no time."""
        self.on_wait()
        self.waited += seconds
        self.seen.append(f"wait {seconds:g} s")

    async def create_job(self, *_: object) -> Job:
        self.seen.append("create")
        self.at_once += 1
        self.together.append(self.at_once)
        await anyio.lowlevel.checkpoint()
        self.at_once -= 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def job(self, _org: str, job_id: str) -> Job:
        return next(each for each in self.here if each.id == job_id)

    async def jobs(self, *_: object) -> tuple[Job, ...]:
        self.seen.append("list")
        return tuple(self.here)

    async def profile(self, _org: str) -> str:
        self.seen.append("profile")
        return "someone"

    async def count_jobs_since(self, _org: str, day: str) -> int:
        self.seen.append(f"count since {day}")
        return self.counted
