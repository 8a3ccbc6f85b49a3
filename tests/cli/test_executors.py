"""Files are worked on by threads, by processes, by a fleet: the same files, and a worker that dies costs nothing."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.fleet import fleet
from tests.harness import Desk, Emulated, until

if TYPE_CHECKING:
    import subprocess

SPEC = """
version: 1
name: fleet
limits: {requests_per_second: 400, downloads: 3}
poll: {first: 0.1, max: 0.2}
projects:
  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413
exports:
""" + "".join(
    f"  - {{name: e{number}, fields: [url, http_code, title], depth: {{max: 3}},"
    f" filters: {{field: byte_size, predicate: gt, value: {number}}},"
    f" output: {{format: {('csv', 'csv.gz')[number % 2]}}}}}\n"
    for number in range(3)
)
EXPORTS = 3
# Some seconds for each file: time to kill whoever is at it.
SLOWLY = 6_000
# A machine of its own sees none of the coordinator's folders.
ELSEWHERE = """
from pathlib import Path
seen = Path.is_dir
Path.is_dir = lambda self, **options: "desk" not in self.parts and seen(self, **options)
"""


def tables(files: dict[str, bytes]) -> dict[str, bytes]:
    """What was exported, without the notes about how."""
    return {name: content for name, content in files.items() if not name.endswith(".json")}


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def at_work(folder: Path) -> set[int]:
    """Which processes hold the lock of a file below a folder, as the system sees it."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            opened = [str(each.readlink()) for each in (process / "fd").iterdir()]
            if any(each.startswith(f"{folder}/") and each.endswith(".lock") for each in opened):
                found.add(int(process.name))
    return found


def session(leader: int) -> set[int]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(process.name)) == leader:
                found.add(int(process.name))
    return found


def run_and_kill_a_worker(desk: Desk, emulator: Emulated, executor: str) -> None:
    """Whoever is first seen at a file is killed, and the others go on."""
    emulator.fault("drip", bytes_per_second=SLOWLY)
    process = desk.start("run", "fleet.yaml", "--executor", executor)
    until(lambda: bool(at_work(desk.folder)))
    victim = at_work(desk.folder).pop()
    assert victim != process.pid
    os.kill(victim, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in out + err, err
    assert process.returncode == 0, err


def assert_as_one_machine_would(desk: Desk, emulator: Emulated) -> None:
    """The same files as by threads, from as many jobs as exports."""
    assert emulator.creations() == EXPORTS
    emulator.heal()
    local = Desk(desk.folder.parent / "local", desk.environ)
    local.write("fleet.yaml", SPEC)
    assert local.bqlrun("run", "fleet.yaml").code == 0
    files = tables(desk.files())
    assert len(files) == EXPORTS
    assert files == tables(local.files())
    assert not [name for name in desk.files(".bqlrun") if name.endswith(".lock")]
    again = desk.bqlrun("run", "fleet.yaml")
    assert "nothing was left to do" in again.out, again.text


def test_a_process_that_is_killed_in_the_middle_is_replaced(desk: Desk, emulator: Emulated) -> None:
    desk.write("fleet.yaml", SPEC)
    run_and_kill_a_worker(desk, emulator, "processes")
    assert_as_one_machine_would(desk, emulator)


def test_what_a_killed_worker_of_a_fleet_was_at_is_done_by_another(desk: Desk, emulator: Emulated) -> None:
    desk.write("fleet.yaml", SPEC)
    with fleet(desk.folder.parent, 3) as dask:
        run_and_kill_a_worker(desk, emulator, dask.executor)
    assert_as_one_machine_would(desk, emulator)


def test_a_coordinator_that_is_killed_leaves_its_fleet_ready_for_the_next(desk: Desk, emulator: Emulated) -> None:
    desk.write("fleet.yaml", SPEC)
    with fleet(desk.folder.parent, 2) as dask:
        emulator.fault("drip", bytes_per_second=SLOWLY)
        process = desk.start("run", "fleet.yaml", "--executor", dask.executor)
        until(lambda: bool(at_work(desk.folder)))
        end(process)
        until(lambda: not at_work(desk.folder) & set(dask.workers))
        emulator.heal()
        ran = desk.bqlrun("run", "fleet.yaml", "--executor", dask.executor)
        assert ran.code == 0, ran.err
    assert_as_one_machine_would(desk, emulator)


def test_without_a_shared_disk_the_files_are_fetched_here(desk: Desk, emulator: Emulated) -> None:
    desk.write("fleet.yaml", SPEC)
    preload = desk.folder.parent / "elsewhere.py"
    preload.write_text(ELSEWHERE)
    with fleet(desk.folder.parent, 1, "--preload", str(preload)) as dask:
        ran = desk.bqlrun("run", "fleet.yaml", "--executor", dask.executor)
    assert ran.code == 0, ran.err
    assert len(emulator.downloads()) == EXPORTS
    assert_as_one_machine_would(desk, emulator)


def test_a_cluster_of_this_machine_lasts_as_long_as_its_run(desk: Desk, emulator: Emulated) -> None:
    desk.write("fleet.yaml", SPEC)
    process = desk.start("run", "fleet.yaml", "--executor", "dask", start_new_session=True)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "dask" not in err, err
    until(lambda: not session(process.pid))
    assert_as_one_machine_would(desk, emulator)


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_ctrl_c_ends_the_workers_too(desk: Desk, emulator: Emulated, executor: str) -> None:
    desk.write("fleet.yaml", SPEC)
    emulator.fault("drip", bytes_per_second=500)
    process = desk.start("run", "fleet.yaml", "--executor", executor, start_new_session=True)
    until(lambda: bool(at_work(desk.folder)))
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=15)
    assert process.returncode == 130, err
    assert "Traceback" not in out + err, err
    until(lambda: not session(process.pid))
    emulator.heal()
    assert desk.bqlrun("run", "fleet.yaml").code == 0
    assert_as_one_machine_would(desk, emulator)


@pytest.mark.parametrize(
    ("executor", "complaint"),
    [
        ("cloud", "there is no executor cloud"),
        ("dask://", "there is no executor dask://"),
        ("processes://x", "there is no executor processes://x"),
        ("dask://127.0.0.1:9", "no scheduler answers at 127.0.0.1:9"),
    ],
)
def test_an_executor_that_cannot_be_used_is_a_misuse_and_costs_nothing(
    desk: Desk, emulator: Emulated, executor: str, complaint: str
) -> None:
    desk.write("fleet.yaml", SPEC)
    ran = desk.bqlrun("run", "fleet.yaml", "--executor", executor)
    assert ran.code == 2
    assert complaint in ran.err
    assert emulator.creations() == 0


def test_a_scheduler_without_workers_is_said_before_anything_is_paid_for(desk: Desk, emulator: Emulated) -> None:
    desk.write("fleet.yaml", SPEC)
    with fleet(desk.folder.parent, 0) as dask:
        ran = desk.bqlrun("run", "fleet.yaml", "--executor", dask.executor)
    assert ran.code == 2
    assert "the scheduler has no workers" in ran.err
    assert emulator.creations() == 0
