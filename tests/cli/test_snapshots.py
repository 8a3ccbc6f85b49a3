"""What a terminal shows, at three widths, kept as pictures that a person can read: tests/cli/snapshots.

`BQLRUN_SNAPSHOTS=write` keeps what is shown now.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.terminal import Terminal, screen

if TYPE_CHECKING:
    from tests.harness import Desk

KEPT = Path(__file__).parent / "snapshots"
SPEC = """
version: 1
name: weekly
limits: {requests_per_second: 400, exports_per_day: 40}
poll: {first: 0.1, max: 0.5}
projects: [{org: example-org, project: example.com}, {org: example-org, project: example.fr}]
exports:
  - {name: titles, fields: [url, title, h1], depth: {max: 2}}
  - {name: errors, fields: [url, http_code], depth: {max: 1}, filters: {field: http_code, predicate: gte, value: 400}}
"""
# In this order: each command finds what the one before it left.
COMMANDS = {
    "depths": ("depths", "example-org/example.com"),
    "plan": ("plan", "weekly.yaml"),
    "run": ("run", "weekly.yaml"),
    "status": ("status",),
    "again": ("run", "weekly.yaml"),
    "doctor": ("doctor", "weekly.yaml"),
    "mistake": ("run", "weekly.yaml", "--select", "titels"),
}
# Without colour these are enough: the others print nothing that has any.
PLAIN = ("run", "status", "doctor")
# What is another each time: how long things take, how fast they go, which of two comes first, where a server listens.
CHANGING = {
    r"about \d+:\d+(-\d+:\d+)?": "about 0:00",
    r" · [\d,]+ rows/s": "",
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"crawled \d+ days ago|\d+ days old": "N days old",
    r"\d[\d.,]* [GTM]B free": "N GB free",
    r"bqlrun \d[\w.]*, Python \d[\w.]*": "bqlrun 0.0.0, Python 3.0.0",
}


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("colour", [True, False])
def test_what_a_terminal_shows_is_what_is_kept(desk: Desk, columns: int, colour: bool) -> None:
    desk.write("weekly.yaml", SPEC)
    shown = "\n\n".join(
        "\n".join([f"$ bqlrun {' '.join(command)}", *_shown(desk, columns, colour, command)])
        for name, command in COMMANDS.items()
        if colour or name in PLAIN
    )
    kept = KEPT / f"{columns}{'' if colour else '-plain'}.txt"
    if os.environ.get("BQLRUN_SNAPSHOTS") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(f"{shown}\n", encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8").removesuffix("\n")


def _shown(desk: Desk, columns: int, colour: bool, command: tuple[str, ...]) -> list[str]:
    terminal = Terminal(desk, columns, *command, **({} if colour else {"NO_COLOR": "1"}))
    terminal.end()
    assert colour or not re.search(r"\x1b\[[\d;]*m", terminal.shown)
    lines = screen(terminal.shown, columns)
    for pattern, same in CHANGING.items():
        lines = [re.sub(pattern, same, line) for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines
