"""What is told while a run goes on: lines and a heartbeat in a log, a live view on a terminal, or JSON lines."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, ClassVar

from runner.counted import counted
from runner.run.events import Event
from runner.show.console import is_terminal
from runner.show.live import LiveView
from runner.show.tally import Tally
from runner.state.clock import now

if TYPE_CHECKING:
    from runner.run.events import Kind
    from runner.show.console import Console

# Events that only -v asks for: on a second run there is nothing else.
DETAILS = frozenset({"skipped", "found"})
# What stays on a terminal above the live view; all else it shows itself.
KEPT = frozenset({"failed", "warning", "stopping"})


class Progress:
    """Listens to a run, and is told by `tick`, every half second or so, that time goes by."""

    # A log that stands still this long gets a line that says how far the run is; seconds.
    heartbeat: ClassVar[float] = 30.0

    def __init__(self, console: Console, log_format: str, heartbeat: float) -> None:
        self._console = console
        self._as_json = log_format == "json"
        live = is_terminal() and not self._as_json and console.verbosity >= 0
        self._view = LiveView() if live else None
        self._longest = heartbeat
        self._told = time.monotonic()
        self._tally = Tally(0, self._told)

    def expect(self, exports: int) -> None:
        """How many exports there will be, as far as specs can tell; the run begins now."""
        self._tally = Tally(exports, time.monotonic())

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        self._tally.note(event, time.monotonic())
        if self._view is None:
            self._tell(event)
        elif event.kind in KEPT or self._console.verbosity > 0:
            self._view.erase()
            line = _line(event) + _age(event)
            self._console.note(self._view.alarm(line) if event.kind == "failed" else line)
            self._view.draw(self._tally, time.monotonic())

    def say(self, kind: Kind, text: str) -> None:
        """Something about the run as a whole."""
        self(Event(kind, "", text))

    def tick(self) -> None:
        """A moment went by."""
        moment = time.monotonic()
        if self._view:
            self._view.draw(self._tally, moment)
        elif moment - self._told >= self._longest:
            self._tell(Event("heartbeat", "", f"{self._tally.totals(moment)} · {self._tally.times(moment)}"))

    def close(self) -> None:
        """Leave the terminal clean; what is told afterwards is lines."""
        if self._view:
            self._view.erase()
            self._view = None

    def _tell(self, event: Event) -> None:
        if event.kind in DETAILS and not self._as_json and self._console.verbosity <= 0:
            return
        self._told = time.monotonic()
        if self._as_json:
            self._console.event(_json_line(event))
        elif self._console.verbosity > 0:
            self._console.detail(_line(event) + _age(event))
        elif event.kind in {"failed", "stopping"}:
            self._console.error(_line(event))
        else:
            self._console.note(_line(event))


def _line(event: Event) -> str:
    return f"{event.kind:<11} {event.export}{': ' if event.export else ''}{event.text}"


def _age(event: Event) -> str:
    """How old the crawl of an export is."""
    days = event.figures.get("crawl_age_days")
    return "" if days is None else f" (crawl {event.figures['crawl']}, {counted(days, 'day')} old)"


def _json_line(event: Event) -> str:
    line = {"time": now(), "event": event.kind, "export": event.export, "text": event.text, **event.figures}
    return json.dumps(line, ensure_ascii=False)
