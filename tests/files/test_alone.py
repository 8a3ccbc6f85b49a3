"""A file has one worker at a time, and none that is dead."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runner.files.alone import alone
from runner.files.work import StopRequested, never

if TYPE_CHECKING:
    from pathlib import Path

# Whoever opens the lock may find that it was removed a moment ago: that is to happen, again and again.
TURNS = 200
HOLDER = """
import sys, time
from pathlib import Path
from runner.files.alone import alone
with alone(Path(sys.argv[1]), lambda: False):
    print("held", flush=True)
    time.sleep(60)
"""


def test_many_workers_of_a_file_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.files.alone._PAUSE", 0.0001)
    inside: list[int] = []
    seen: list[int] = []

    def work(number: int) -> None:
        for _ in range(TURNS):
            with alone(tmp_path / "file", never):
                inside.append(number)
                time.sleep(0)
                seen.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == [1] * 8 * TURNS
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_process_has_is_waited_for_until_it_dies(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "file")], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StopRequested), alone(tmp_path / "file", lambda: True):
            pytest.fail("two at a file")
        holder.send_signal(signal.SIGKILL)
        with alone(tmp_path / "file", never):
            assert holder.wait(5) == -signal.SIGKILL
