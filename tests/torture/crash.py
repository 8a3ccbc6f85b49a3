"""A run that is killed and run again must be worth a run that was never killed: the same files, the same jobs."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.jsonvalue import digest
from tests.torture.bench import run, tree
from tests.torture.child import Strike

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Desk
    from tests.torture.bench import Bench
    from tests.torture.child import Effect

KILLED = -9
_SECRET = re.compile(r"/([0-9a-f]{32})/")


class BytesLost(AssertionError):
    """Files are not what they should be, in so many `bytes`."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count:,} bytes are not what they should be")
        self.bytes = count


@dataclass(frozen=True)
class Calm:
    """What a run comes to that nothing happens to."""

    tree: dict[str, Any]
    creations: list[str]
    effects: tuple[Effect, ...]

    def strikes(self) -> Iterator[Strike]:
        """A kill before and after each effect."""
        for effect in self.effects:
            yield Strike(effect, "before")
            yield Strike(effect, "after")

    def lost(self, found: dict[str, Any]) -> int:
        """How many bytes are not what they should be."""
        return sum(len(data) for name, data in self.tree.items() if found.get(name) != data)


def calm_run(bench: Bench) -> Calm:
    """The undisturbed run."""
    desk = bench.desk()
    bench.zip_one_project()
    fell = run(desk)
    assert fell.code == 0, fell.text
    return Calm(tree(desk), bench.creations(), fell.effects)


def crash_and_resume(bench: Bench, calm: Calm, strike: Strike, *, hasty: bool = True) -> bool:
    """Kill one run at one effect, run again, and compare. False where the effect did not come about."""
    desk = bench.desk()
    bench.zip_one_project()
    fell = run(desk, strike=strike, hasty=hasty)
    assert fell.code in {KILLED, 0}, fell.text
    resume(bench, calm, desk, hasty=hasty)
    return fell.code == KILLED


def refuse_and_resume(bench: Bench, calm: Calm, strike: Strike) -> bool:
    """Have the system refuse one effect: one clear line, and the next run finishes. False where it was not struck."""
    desk = bench.desk()
    bench.zip_one_project()
    fell = run(desk, strike=strike)
    assert fell.code in {0, 1}, fell.text
    if fell.code:
        assert any(word in fell.text for word in ("cannot", "disk", "refused", "no answer", "could not")), fell.text
    resume(bench, calm, desk)
    return fell.struck


def resume(bench: Bench, calm: Calm, desk: Desk, *, hasty: bool = True) -> None:
    """Run to the end what was broken off: nothing is paid, fetched or left lying about twice."""
    kept = raw_files(desk)
    bench.emulator.call("DELETE", "/_emulator/requests")
    resumed = run(desk, hasty=hasty)
    assert resumed.code == 0, resumed.text
    assert bench.creations() == calm.creations
    found = tree(desk)
    if lost := calm.lost(found):
        raise BytesLost(lost)
    assert found == calm.tree
    assert only_missing_bytes_were_fetched(bench, desk, kept)
    assert not (left := leftovers(desk)), left
    bench.clear(desk)


def raw_files(desk: Desk) -> dict[str, int]:
    """How many bytes of each download are here and known whose they are."""
    work = desk.folder / ".bqlrun/work"
    return {raw.stem: raw.stat().st_size for raw in work.glob("*.raw") if _validator(raw)}


def only_missing_bytes_were_fetched(bench: Bench, desk: Desk, kept: dict[str, int]) -> bool:
    """Whether every download went on where the kept bytes end; those of a finished file were not asked for."""
    raws = {job: digest(["job", fingerprint, job])[:32] for job, fingerprint in _jobs(desk.folder / ".bqlrun/state.db")}
    jobs = _secrets(bench.emulator.data / "jobs.db")
    for each in bench.emulator.downloads():
        secret = _SECRET.search(each["path"])
        assert secret, each
        have = kept.get(raws[jobs[secret[1]]], 0)
        if each["range"] != (f"bytes={have}-" if have else None):
            return False
    return True


def leftovers(desk: Desk) -> list[str]:
    """What a finished run leaves in its workshop."""
    return sorted(path.name for path in (desk.folder / ".bqlrun/work").glob("*"))


def _validator(raw: Path) -> bool:
    note = raw.with_name(f"{raw.name}.json")
    return note.exists() and raw.stat().st_size > 0 and bool(json.loads(note.read_text())["validator"])


def _jobs(state: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(state)) as database:
        return database.execute("SELECT job_id, fingerprint FROM jobs").fetchall()


def _secrets(jobs: Path) -> dict[str, str]:
    with closing(sqlite3.connect(jobs, timeout=30)) as database:
        return {secret: str(job) for job, secret in database.execute("SELECT id, secret FROM jobs")}
