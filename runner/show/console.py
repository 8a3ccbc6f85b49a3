"""The only writer to the terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys

from runner.show.fold import fold, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from runner.jsonvalue import JsonValue


class Console:
    """How this command speaks. With `as_json` stdout belongs to one JSON object; `verbosity` is -1 for quiet."""

    __slots__ = ("as_json", "verbosity")

    def __init__(self, *, as_json: bool = False, verbosity: int = 0) -> None:
        self.as_json = as_json
        self.verbosity = verbosity

    def result(self, text: str) -> None:
        """What the command was asked for."""
        _tell(sys.stderr if self.as_json else sys.stdout, text)

    def json(self, value: JsonValue) -> None:
        """The one object that a machine reads."""
        import json

        _write(sys.stdout, json.dumps(value, indent=2, ensure_ascii=False))

    def json_items(self, name: str, items: Iterable[JsonValue]) -> None:
        """One object with one list, an item a line as soon as it is there: it may be longer than memory is large."""
        import json

        written = 0
        for item in items:
            lead = "," if written else f'{{"{name}": ['
            _write(sys.stdout, f"{lead}\n{json.dumps(item, ensure_ascii=False)}", end="")
            written += 1
        _write(sys.stdout, "\n]}" if written else f'{{"{name}": []}}')

    def note(self, text: str) -> None:
        """Something on the way; silenced by -q."""
        if self.verbosity >= 0:
            _tell(sys.stderr, text)

    def event(self, text: str) -> None:
        """A line on the way that a machine reads; silenced by -q."""
        if self.verbosity >= 0:
            _write(sys.stderr, text)

    def detail(self, text: str) -> None:
        """Something that only -v asks for."""
        if self.verbosity > 0:
            _tell(sys.stderr, text)

    def error(self, text: str) -> None:
        """What went wrong; never silenced."""
        _tell(sys.stderr, text)


def _tell(stream: TextIO, text: str) -> None:
    _write(stream, fold(text, room(stream)))


def _write(stream: TextIO, text: str, end: str = "\n") -> None:
    """One line, at once: someone may be reading the other end of a pipe. A reader that went away ends the program."""
    try:
        print(text, file=stream, flush=True, end=end)
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def is_terminal() -> bool:
    """Whether a person watches stderr."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ
