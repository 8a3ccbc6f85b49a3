"""On the system's own record: an intent is written and synced before the first byte of its request leaves."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Desk

STRACE = shutil.which("strace")
CALLS = "trace=fdatasync,fsync,pwrite64,sendto,sendmsg,write,writev"
# As much of a write as one page of the state file and its frame: an intent is looked for in it.
SHOWN = "4200"
POST = re.compile(r'"POST (?:/api)?/v1/jobs')
SYNC = re.compile(r"f(?:data)?sync\(\d+<[^>]*state\.db-wal>\) += 0")


def calls_of_a_run(desk: Desk) -> list[str]:
    """Every write, sync and send of a run, in the system's order."""
    log = desk.folder / "calls"
    traced = [STRACE or "strace", "-f", "-y", "-s", SHOWN, "-e", CALLS, "-o", str(log)]
    command = [*traced, sys.executable, "-m", "runner", "run", "specs/0.yaml"]
    done = subprocess.run(command, cwd=desk.folder, env=desk.whole_environ, capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr and done.returncode != 0:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()[:100]}")
    assert done.returncode == 0, done.stderr
    return log.read_text(encoding="utf-8", errors="replace").splitlines()


def fingerprints(desk: Desk) -> list[str]:
    """What was submitted, in the order of its jobs."""
    with closing(sqlite3.connect(desk.folder / ".bqlrun/state.db")) as state:
        return [row[0] for row in state.execute("SELECT fingerprint FROM jobs ORDER BY rowid")]


@pytest.mark.skipif(STRACE is None, reason="strace is not installed: nothing else shows what the system was asked for")
def test_the_intent_is_synced_before_its_request_is_sent(desk: Desk) -> None:
    lines = calls_of_a_run(desk)
    posts = [number for number, line in enumerate(lines) if POST.search(line)]
    submitted = fingerprints(desk)
    assert len(posts) == len(submitted) == 2
    for post, fingerprint in zip(posts, submitted, strict=True):
        # In the table of intents, and in no other, the ids of known jobs, a JSON list, follow the fingerprint.
        intent = re.compile(rf'state\.db-wal>, ".*{fingerprint}\[')
        written = [number for number, line in enumerate(lines[:post]) if intent.search(line)]
        assert written, "the intent was not written before its request"
        assert any(map(SYNC.search, lines[written[0] : post])), "no sync between the intent and its request"
