"""The program under torture: the real command line in a process of its own, watched at its seam and struck there."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import runner.cli.connect
import runner.cli.run
import runner.plan.specs
import runner.run.run
import runner.show.progress
import runner.show.results
from runner import seam
from runner.botify.client import Botify
from runner.botify.wire import Bounds
from runner.cli.main import entry
from runner.run.submit import Patience

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runner.plan.work import Work
    from runner.run.command import Command
    from runner.run.outcome import RunResult
    from runner.seam import Kind

Moment: TypeAlias = Literal["before", "after"]
# What is another in every run: the ids of jobs, and the names of files that are made from them.
_CHANGING = re.compile(r"[0-9a-f]{32}|\b1\d{6}\b")
# Long enough for an emulator on a busy machine to finish what a killed client had asked for.
HASTY = Patience(after_answer=0.3, after_silence=1, throttled=2, between_throttled=0.3)
HASTY_BOUNDS = Bounds(create=1.5, read=5)


class Effect(NamedTuple):
    """One effect, by a name that is the same in every run of the same spec."""

    kind: Kind
    subject: str
    nth: int


@dataclass(frozen=True)
class Strike:
    """What happens at one effect: the process is killed, or, with `error`, the system refuses."""

    effect: Effect
    moment: Moment
    error: int | None = None

    def __call__(self) -> None:
        """Strike."""
        if self.error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.effect.kind == "commit":
            raise sqlite3.OperationalError("disk I/O error")
        else:
            raise OSError(self.error, os.strerror(self.error))


@dataclass(frozen=True)
class Orders:
    """One command: where, with what arguments and environment, whether in haste, and struck where."""

    folder: Path
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    strike: Strike | None = None
    hasty: bool = True
    number: int = 0

    @property
    def notes(self) -> Path:
        """Beside the folder: what the process says and which effects it had."""
        return self.folder.with_name(f"{self.folder.name}.notes-{self.number}")


@dataclass
class Watch:
    """The observer: names every effect, and strikes at one. Worker threads have effects too."""

    strike: Strike | None
    seen: list[Effect] = field(default_factory=list)
    struck: bool = False
    _names: Counter[tuple[str, str]] = field(default_factory=Counter)
    _current: dict[tuple[str, str], Effect] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, kind: Kind, subject: str) -> None:
        """An effect is about to happen."""
        with self._lock:
            name = (kind, _CHANGING.sub("#", subject))
            self._names[name] += 1
            effect = Effect(kind, name[1], self._names[name])
            self.seen.append(effect)
            self._current[kind, subject] = effect
        self._meet(effect, "before")

    def after(self, kind: Kind, subject: str) -> None:
        """It has happened."""
        with self._lock:
            effect = self._current[kind, subject]
        self._meet(effect, "after")

    def _meet(self, effect: Effect, moment: Moment) -> None:
        strike = self.strike
        if strike and (strike.effect, strike.moment) == (effect, moment) and not self.struck:
            self.struck = True
            strike()


def act(orders: Orders) -> None:
    """Become the command. Returns by ending the process."""
    orders.notes.mkdir(exist_ok=True)
    os.chdir(orders.folder)
    os.environ.update(orders.environ)
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(orders.notes / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(file, number)
    if orders.hasty:
        make_haste()
    watch = Watch(orders.strike)
    seam.observe(watch)
    try:
        run(orders.arguments)
    finally:
        (orders.notes / "effects.json").write_text(json.dumps([watch.struck, watch.seen]), encoding="utf-8")


def run(arguments: Sequence[str]) -> None:
    """The console script, as it would be with these arguments."""
    sys.argv = ["bqlrun", *arguments]
    entry()


def make_haste() -> None:
    """Wait for seconds where the real program waits for longer."""
    really = runner.run.run.run_specs

    async def hasty(works: Sequence[Work], command: Command) -> RunResult:
        return await really(works, replace(command, patience=HASTY))

    runner.run.run.run_specs = hasty
    vars(runner.cli.connect)["Botify"] = partial(Botify, bounds=HASTY_BOUNDS)
