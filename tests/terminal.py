"""A real pseudo-terminal with a command in it, and what a person sees there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness import Desk

_SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Z])|(\r?\n)|((?:\x1b\[\d*m|[^\x1b\r\n])+)")
_PAINT = re.compile(r"\x1b\[(\d*)m")


class Terminal:
    """A real pseudo-terminal with a command in it."""

    def __init__(self, desk: Desk, columns: int, *arguments: str, **environ: str) -> None:
        self._main, child = pty.openpty()
        self.resize(columns)
        environment = {key: value for key, value in desk.whole_environ.items() if key not in {"CI", "NO_COLOR"}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments], cwd=desk.folder, stdin=child, stdout=child, stderr=child,
            env=environment | {"TERM": "xterm"} | environ,
        )  # fmt: skip
        os.close(child)
        self.shown = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                block = os.read(self._main, 4096)
            except OSError:
                return
            self.shown += block.decode(errors="replace")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        code = self.process.wait(20)
        self._reader.join(5)
        os.close(self._main)
        return code


def screen(shown: str, columns: int) -> list[str]:
    """The lines that stand there in the end, above the window too; `[1m]` is where bold letters begin.

    Understands what bqlrun writes: text, line ends, colours, up and to the line's begin (F), erase below (J). Anything
    else is an AssertionError.
    """
    lines, row, done = [""], 0, 0
    for found in _SEQUENCE.finditer(shown):
        assert found.start() == done, repr(shown[done : found.start()])
        done = found.end()
        count, kind, end, text = found.groups()
        if end:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif kind == "F":
            row -= int(count or 1)
        elif kind == "J":
            lines = [*lines[:row], ""]
        else:
            assert kind is None, kind
            for piece in _wrapped(text, columns):
                lines += [""] * (row + 1 - len(lines))
                lines[row] = piece
                row += 1
            row -= 1
    assert done == len(shown)
    return [line.rstrip() for line in lines]


def _wrapped(text: str, columns: int) -> list[str]:
    """As a terminal breaks a line that is longer than it is wide; colours take no room."""
    plain = _PAINT.sub("", text)
    if len(plain) <= columns:
        return [_PAINT.sub(r"[\1m]", text)]
    return [plain[start : start + columns] for start in range(0, len(plain), columns)]
