"""When each export waited, was exported, downloaded and checked: bars that share a scale, a table for each session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, get_args

from runner.state.moments import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.run.report import Reported

# Work with a longer pause than this, in seconds, is drawn apart: on one scale both would be too small to see.
PAUSE = 3600
# What a page can hold and a person look through.
MOST_BARS = 500
_WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """One phase in a bar, in thousandths of its width."""

    phase: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One export: its pieces, and the same in words."""

    name: str
    pieces: tuple[Piece, ...]
    words: str
    took: str


@dataclass(frozen=True, slots=True)
class Session:
    """Bars on one scale. `more` are those that are not drawn."""

    began: str
    took: str
    bars: tuple[Bar, ...]
    more: int


@dataclass(frozen=True, slots=True)
class _Life:
    name: str
    spans: tuple[tuple[str, float, float], ...]

    @property
    def began(self) -> float:
        return self.spans[0][1]

    @property
    def ended(self) -> float:
        return self.spans[-1][2]


def sessions(exports: Sequence[Reported]) -> list[Session]:
    """The newest first."""
    lives = sorted((life for each in exports if (life := _life(each))), key=lambda life: life.began)
    groups: list[list[_Life]] = []
    until = 0.0
    for life in lives:
        if not groups or life.began > until + PAUSE:
            groups.append([])
        groups[-1].append(life)
        until = max(until, life.ended)
    return [_session(group) for group in reversed(groups)]


def _life(export: Reported) -> _Life | None:
    """The phases of an export that has ended, each with its beginning and end.

    None where the clock was set back meanwhile: how long they took nobody knows.
    """
    known = [(phase, export.phases[phase]) for phase in get_args(Phase) if phase in export.phases]
    spans = tuple((phase, began, after) for (phase, began), (_, after) in pairwise(known))
    whole = "waiting" in export.phases and "ended" in export.phases
    return _Life(export.name, spans) if whole and all(began <= after for _, began, after in spans) else None


def _session(lives: list[_Life]) -> Session:
    began, ended = lives[0].began, max(life.ended for life in lives)
    scale = _WIDTH / max(ended - began, 0.001)
    bars = tuple(_bar(life, began, scale) for life in lives[:MOST_BARS])
    return Session(_clock(began), seconds(ended - began), bars, max(0, len(lives) - MOST_BARS))


def _bar(life: _Life, began: float, scale: float) -> Bar:
    pieces = tuple(
        Piece(phase, round((start - began) * scale, 1), round((end - start) * scale, 1))
        for phase, start, end in life.spans
    )
    words = ", ".join(f"{phase} {seconds(end - start)}" for phase, start, end in life.spans)
    return Bar(life.name, pieces, words, seconds(life.ended - life.began))


def seconds(duration: float) -> str:
    """A duration for people."""
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
