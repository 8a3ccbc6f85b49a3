"""`make torture`: every kill, every refusal, and hundreds of kills at any moment; one table of what came of them."""

from __future__ import annotations

import argparse
import errno
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.torture.bench import Bench, finish, start
from tests.torture.bench import bench as new_bench
from tests.torture.child import Strike
from tests.torture.crash import BytesLost, Calm, calm_run, crash_and_resume, refuse_and_resume, resume
from tests.torture.machine import drive
from tests.torture.soak import WORLD, soak, spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DISK = {"commit", "write", "fsync", "rename"}
RANDOM_KILLS = 300
# Exports of each project of the soak: 300 in all.
SOAKED = 15
# Lives of the machine that Hypothesis drives, and steps of each.
LIVES, STEPS = 60, 12
_LINE = "{:<20} {:>6} {:>7} {:>8} {:>13} {:>11} {:>7} {:>8}"


@dataclass
class Tally:
    """What came of one kind of trouble."""

    name: str
    tried: int = 0
    struck: int = 0
    exports: int = 0
    jobs: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0

    def line(self) -> str:
        """A line of the table."""
        came_of_it = (self.exports, self.jobs, self.lost, len(self.failures))
        return _LINE.format(self.name, self.tried, self.struck, *came_of_it, f"{self.seconds:.0f}")


def torture(bench: Bench, calm: Calm, name: str, cases: Iterable[tuple[str, Callable[[], bool]]]) -> Tally:
    """Try every case; what goes wrong with one is noted, and the next is tried."""
    tally, began = Tally(name), time.monotonic()
    for label, case in cases:
        tally.tried += 1
        try:
            tally.struck += case()
        except AssertionError as error:
            tally.failures.append(f"{name}, {label}: {str(error)[:300]}")
            tally.lost += error.bytes if isinstance(error, BytesLost) else 0
        tally.jobs += len(bench.creations())
        tally.exports += len(calm.creations)
    tally.seconds = time.monotonic() - began
    say(tally.line())
    return tally


def kills(bench: Bench, calm: Calm, moment: str) -> Iterable[tuple[str, Callable[[], bool]]]:
    """A kill at each effect."""
    for strike in calm.strikes():
        if strike.moment == moment:
            yield str(strike.effect), lambda strike=strike: crash_and_resume(bench, calm, strike)  # type: ignore[misc]


def refusals(bench: Bench, calm: Calm, error: int) -> Iterable[tuple[str, Callable[[], bool]]]:
    """The system refusing each effect on the disk."""
    for effect in calm.effects:
        if effect.kind in DISK:
            strike = Strike(effect, "before", error)
            yield str(effect), lambda strike=strike: refuse_and_resume(bench, calm, strike)  # type: ignore[misc]


def random_kills(bench: Bench, calm: Calm, dice: random.Random) -> Iterable[tuple[str, Callable[[], bool]]]:
    """Three kills, one after the other, at moments that nobody chose."""

    def case() -> bool:
        desk = bench.desk()
        bench.zip_one_project()
        for _ in range(3):
            child, orders = start(desk)
            child.join(dice.uniform(0.05, 0.6))
            child.kill()
            finish(child, orders)
        resume(bench, calm, desk)
        return True

    for number in range(RANDOM_KILLS // 3):
        yield str(number), case


def say(text: str) -> None:
    """A line at once: this takes minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Print the table; 1 where anything was paid for twice, lost or left lying about."""
    argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder, new_bench(Path(folder)) as bench:
        calm = calm_run(bench)
        say(f"{len(calm.effects)} effects, {len(calm.creations)} exports, {len(calm.tree)} files in a calm run\n")
        say(_LINE.format("trouble", "tried", "struck", "exports", "jobs created", "bytes lost", "failed", "seconds"))
        tallies = [
            torture(bench, calm, f"killed {moment}", kills(bench, calm, moment)) for moment in ("before", "after")
        ]
        tallies += [
            torture(bench, calm, f"refused {errno.errorcode[error]}", refusals(bench, calm, error))
            for error in (errno.ENOSPC, errno.EIO, errno.EACCES)
        ]
        dice = random.Random(20250413)  # noqa: S311  the same moments each time, as far as a machine allows
        tallies.append(torture(bench, calm, "killed 3 x at random", random_kills(bench, calm, dice)))
        say(f"\nthings in any order: {drive(bench, LIVES, STEPS)}")
    with tempfile.TemporaryDirectory() as folder, new_bench(Path(folder), WORLD, (spec(SOAKED),)) as bench:
        say(f"\nsoak: {soak(bench, SOAKED, seed=20250413)}")
    failures = [failure for tally in tallies for failure in tally.failures]
    say("\n" + ("\n".join(failures) or "nothing was paid for twice, lost, or left lying about"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
