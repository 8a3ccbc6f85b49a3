"""What the handlers share: the world, its database, its jobs and files, and what it was told to do wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.emulator.api.requestlog import RequestLog
from runner.emulator.catalogue import catalogues
from runner.emulator.data.macros import MACROS
from runner.emulator.errors import Refused, not_found
from runner.emulator.faults import Faults
from runner.emulator.files.results import Results
from runner.emulator.jobs import Jobs, Shown
from runner.emulator.scratch import own_folder
from runner.emulator.sql import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runner.emulator.catalogue import Catalogue
    from runner.emulator.world import World


@dataclass(frozen=True, slots=True)
class Service:
    """Everything behind the two origins. `downloads` is the base address of the second one."""

    world: World
    catalogues: Mapping[tuple[str, str], Catalogue]
    engine: Engine
    jobs: Jobs
    results: Results
    faults: Faults
    log: RequestLog
    downloads: str
    clock: Callable[[], float] = time.time

    def shown(self) -> Shown:
        """Which jobs show now: for ever, or for as long as the config says."""
        now, kept = self.clock(), self.world.behaviour.jobs_kept_seconds
        return Shown(now, 0 if kept is None else now - kept)

    def orgs(self, token: str | None) -> tuple[str, ...]:
        """The organisations that a token may see; 401 for a token that is not known."""
        if token is None or token not in self.world.tokens:
            raise Refused(401, 1001)
        return self.world.tokens[token]

    def project(self, token: str | None, org: str, slug: str) -> Catalogue:
        """A project's collections, for a token that may see them."""
        allowed = self.orgs(token)
        if not any(project.org == org for project in self.world.projects):
            raise not_found(code=1007)
        if org not in allowed:
            raise Refused(403, 1002)
        found = self.catalogues.get((org, slug))
        if found is None:
            raise not_found(code=1010)
        return found


def build(world: World, data_dir: Path, downloads: str) -> Service:
    """A service that keeps its jobs in a folder."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = Engine(own_folder(data_dir / "spill"), MACROS)
    return Service(
        world=world,
        catalogues=catalogues(world, engine.execute),
        engine=engine,
        jobs=Jobs(data_dir / "jobs.db"),
        results=Results(data_dir / "files", engine, world.behaviour),
        faults=Faults(world.faults),
        log=RequestLog(),
        downloads=downloads,
    )
