"""What is told while a run goes on: a line an event in a log, and on a terminal one line more that keeps count."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

from runner.show.console import is_terminal
from runner.show.table import counted
from runner.state.clock import now

if TYPE_CHECKING:
    from runner.run.events import Event
    from runner.show.console import Console

# Events that only -v asks for: on a second run there is nothing else.
DETAILS = frozenset({"skipped"})


class Progress:
    """Listens to a run. `log_format` is `text` or `json`; JSON lines go to stderr like all that is not the result."""

    def __init__(self, console: Console, log_format: str) -> None:
        self._console = console
        self._as_json = log_format == "json"
        self._live = is_terminal() and not self._as_json and console.verbosity >= 0
        self._counts: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        self._counts[event.kind] += 1
        self._wipe()
        if self._as_json:
            self._console.note(_json_line(event))
        elif event.kind in DETAILS or self._console.verbosity > 0:
            self._console.detail(_line(event) + _age(event))
        elif event.kind == "failed":
            self._console.error(_line(event))
        else:
            self._console.note(_line(event))
        self._count()

    def close(self) -> None:
        """Leave the terminal clean."""
        self._wipe()

    def _wipe(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")

    def _count(self) -> None:
        if self._live:
            told = ("done", "failed", "skipped", "created", "downloading")
            sys.stderr.write(" · ".join(f"{self._counts[kind]:,} {kind}" for kind in told if self._counts[kind]))
            sys.stderr.flush()


def _line(event: Event) -> str:
    return f"{event.kind:<11} {event.export}{': ' if event.export else ''}{event.text}"


def _age(event: Event) -> str:
    """How old the crawl is that an export takes: told to those who ask for more, as it is another each day."""
    days = event.figures.get("crawl_age_days")
    return "" if days is None else f" (crawl {event.figures['crawl']}, {counted(days, 'day')} old)"


def _json_line(event: Event) -> str:
    line = {"time": now(), "event": event.kind, "export": event.export, "text": event.text, **event.figures}
    return json.dumps(line, ensure_ascii=False)
