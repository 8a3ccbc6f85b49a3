"""The pace of an account, kept by all processes that share a state file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import anyio
import pytest

from runner.errors import StateError
from runner.state.pace import SharedTurns

if TYPE_CHECKING:
    from pathlib import Path

ASKING = """
import sys, time
from pathlib import Path
import anyio
from runner.state.pace import SharedTurns
async def ask():
    pace = SharedTurns(Path(sys.argv[1]), 50)
    for _ in range(20):
        await pace.turn()
        print(time.monotonic())
anyio.run(ask)
"""


def test_processes_that_share_a_file_share_its_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASKING, str(tmp_path / "account")]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    moments = sorted(float(line) for each in asking for line in each.communicate()[0].splitlines())
    assert len(moments) == 60
    # 60 turns at 50 a second: the clock is read just after each turn, hence the little slack.
    assert moments[-1] - moments[0] >= 59 / 50 - 0.1


def test_what_an_account_does_is_for_the_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "pace" / "account"
    before = os.umask(0)
    try:
        anyio.run(SharedTurns(path, 50).turn)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path)] == [0o700, 0o600]


def test_a_link_that_somebody_planted_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "account").symlink_to(tmp_path / "precious")
    with pytest.raises(StateError, match="cannot write"):
        anyio.run(SharedTurns(tmp_path / "account", 50).turn)
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_a_reservation_of_a_former_life_of_the_machine_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "account"
    ahead = SharedTurns(path, 0.001)
    anyio.run(ahead.turn)
    assert waited(path) < 5


def waited(path: Path) -> float:
    """How long a turn takes, in seconds, ten at the most."""

    async def turn() -> None:
        with anyio.move_on_after(10):
            await SharedTurns(path, 50).turn()

    began = time.monotonic()
    anyio.run(turn)
    return time.monotonic() - began


@pytest.mark.parametrize(("set_by", "waits"), [(0, True), (3600, False), (-3600, False)])
def test_a_reservation_of_another_machine_or_by_a_clock_that_was_wrong_is_forgotten_however_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_by: float, waits: bool
) -> None:
    path = tmp_path / "account"
    anyio.run(SharedTurns(path, 1).turn)
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + set_by)
    assert (waited(path) > 0.5) is waits
