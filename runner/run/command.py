"""What the command line asks of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.run.executors import THREADS
from runner.run.submit import Patience

if TYPE_CHECKING:
    from runner.plan.decide import Wishes
    from runner.plan.reviewed import Reviewed
    from runner.run.events import Listener
    from runner.run.stop import Stop
    from runner.spec.select import Selection


@dataclass(frozen=True, slots=True)
class Command:
    """One command, for all its specs. `taken` are the paths that its exports write.

    With a `reviewed` plan it does exactly that, or nothing. Without `wait` it ends when everything is submitted. The
    `executor` is where files are worked on.
    """

    selection: Selection
    wishes: Wishes
    stop: Stop
    tell: Listener
    patience: Patience = field(default_factory=Patience)
    taken: dict[str, str] = field(default_factory=dict)
    reviewed: Reviewed | None = None
    wait: bool = True
    executor: str = THREADS
