"""A state file that cannot be used: one clear line with what to do, nothing created, and once it can, one job each."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from runner.errors import StateError
from runner.state import database
from runner.state.store import State
from tests.cli.test_run import SPEC
from tests.harness import Ran

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Desk, Emulated

# Root may write everywhere, unless it gives that up.
BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
heeds_modes = pytest.mark.skipif(bool(BOUND) and shutil.which("setpriv") is None, reason="root may write everywhere")


@pytest.fixture
def desk_with_state(desk: Desk) -> Desk:
    """A folder whose state file was made by a plan: nothing is paid for yet."""
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("plan", "spec.yaml").code == 0
    assert (desk.folder / ".bqlrun/state.db").exists()
    return desk


def bound(desk: Desk, *arguments: str) -> Ran:
    """A command that has no more rights than the modes of files give."""
    command = [*BOUND, sys.executable, "-m", "runner", *arguments]
    done = subprocess.run(
        command, cwd=desk.folder, env=desk.whole_environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "unexpected" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def check_said(ran: Ran, *words: str) -> None:
    """One line on stderr that has these words, and exit 1."""
    assert ran.code == 1, ran.text
    [line] = [line for line in ran.err.splitlines() if line.startswith("bqlrun: ")]
    assert all(word in line for word in words), line


def check_made_good(desk: Desk, emulator: Emulated) -> None:
    """Nothing was paid for until now; a run pays once, and another one not again."""
    assert emulator.creations() == 0
    for _ in range(2):
        assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.jobs()) == 1
    assert len(desk.files()) == 2


@heeds_modes
def test_a_state_file_that_may_only_be_read(desk_with_state: Desk, emulator: Emulated) -> None:
    state = desk_with_state.folder / ".bqlrun/state.db"
    state.chmod(0o400)
    check_said(bound(desk_with_state, "run", "spec.yaml"), "state.db cannot be opened: Permission denied", "--state")
    state.chmod(0o600)
    check_made_good(desk_with_state, emulator)


@heeds_modes
def test_a_folder_that_may_only_be_read(desk_with_state: Desk, emulator: Emulated) -> None:
    folder = desk_with_state.folder / ".bqlrun"
    folder.chmod(0o500)
    check_said(bound(desk_with_state, "run", "spec.yaml"), ".bqlrun")
    folder.chmod(0o700)
    check_made_good(desk_with_state, emulator)


@heeds_modes
@pytest.mark.parametrize("name", ["work", "runs", "pace"])
def test_a_room_that_may_only_be_read(desk_with_state: Desk, emulator: Emulated, name: str) -> None:
    room = desk_with_state.folder / ".bqlrun" / name
    room.mkdir(exist_ok=True)
    for file in room.iterdir():
        file.unlink()
    room.chmod(0o500)
    ran = bound(desk_with_state, "run", "spec.yaml")
    assert ran.code == 1
    assert f".bqlrun/{name}" in ran.err
    assert [line for line in ran.err.splitlines() if line.count(":titles") > 1] == []
    room.chmod(0o700)
    for _ in range(2):
        assert desk_with_state.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.jobs()) == 1


@heeds_modes
def test_an_output_folder_that_may_only_be_read_costs_no_second_job(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    (desk.folder / "downloads").mkdir(mode=0o500)
    ran = bound(desk, "run", "spec.yaml")
    assert ran.code == 1
    assert "cannot write downloads/" in ran.err
    (desk.folder / "downloads").chmod(0o700)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.jobs()) == 1


def test_a_state_file_of_a_newer_version(desk_with_state: Desk, emulator: Emulated) -> None:
    state = desk_with_state.folder / ".bqlrun/state.db"
    with closing(sqlite3.connect(state)) as raw:
        [current] = raw.execute("PRAGMA user_version").fetchone()
        raw.execute("PRAGMA user_version = 99")
    for command in (("run", "spec.yaml"), ("status",), ("state", "rebuild", ".")):
        check_said(desk_with_state.bqlrun(*command), "its format is 99", "use the newer bqlrun")
    with closing(sqlite3.connect(state)) as raw:
        raw.execute(f"PRAGMA user_version = {current}")
    check_made_good(desk_with_state, emulator)


def test_a_state_file_that_another_program_never_lets_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.db"
    State(path, "api").__exit__(None, None, None)
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with State(path, "api") as state, pytest.raises(StateError, match="another process holds it"):
            state.exports.forget("a.csv")
