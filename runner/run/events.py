"""What happens in a run, as values: `show` turns them into a screen, a log line or JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.jsonvalue import JsonObject

Kind = Literal[
    "planned", "created", "adopted", "recovered", "resumed", "waiting", "downloading", "done", "failed", "skipped",
    "current", "combined", "warning", "stopping", "assembling", "heartbeat", "found",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: to which export (empty for the run as a whole), in words, and in figures."""

    kind: Kind
    export: str
    text: str
    figures: JsonObject = field(default_factory=dict)


Listener: TypeAlias = "Callable[[Event], None]"
