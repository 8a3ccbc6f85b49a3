"""One figure: a measurement, what it is measured against, and whether its goal is met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is compared with `goal`: at most that, or at least. `ours` and `theirs` are what it was made from.

    A figure without a goal is there to be known.
    """

    group: str
    name: str
    value: float
    goal: float | None = None
    unit: str = "×"
    sense: Literal["at most", "at least"] = "at most"
    ours: str = ""
    theirs: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.sense == "at most" else self.value >= self.goal

    @property
    def verdict(self) -> str:
        """In a word, or by how much it is behind."""
        if self.met is None or self.goal is None:
            return ""
        if self.met:
            return "met"
        ratio = self.value / self.goal if self.sense == "at most" and self.goal else self.goal / (self.value or 1)
        return f"behind, {ratio:.2f} ×" if self.goal else "behind"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What measures some figures: in an empty folder, in its quick form with little work where `quick`.

    `large` ones are measured only where that is asked for.
    """

    name: str
    about: str
    measure: Callable[[Path, bool], list[Figure]]
    large: bool = False
