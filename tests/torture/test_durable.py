"""On the system's own record: the intent is on the disk before the first byte of its request leaves."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Desk

STRACE = shutil.which("strace")
CALLS = "trace=fdatasync,fsync,sendto,sendmsg,write,writev"


@pytest.mark.skipif(STRACE is None, reason="strace is not installed: nothing else shows what the system was asked for")
def test_the_intent_is_synced_before_its_request_is_sent(desk: Desk) -> None:
    log = desk.folder / "calls"
    command = [
        STRACE or "strace",
        "-f",
        "-y",
        "-s",
        "120",
        "-e",
        CALLS,
        "-o",
        str(log),
        sys.executable,
        "-m",
        "runner",
        "run",
        "specs/0.yaml",
    ]
    done = subprocess.run(command, cwd=desk.folder, env=desk.whole_environ, capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr and done.returncode != 0:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()[:100]}")
    assert done.returncode == 0, done.stderr
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    posts = [number for number, line in enumerate(lines) if re.search(r'"POST (?:/api)?/v1/jobs', line)]
    assert len(posts) == 2
    last = 0
    for post in posts:
        synced = [
            line for line in lines[last:post] if re.search(r"f(?:data)?sync\(\d+<[^>]*state\.db-wal>\) += 0", line)
        ]
        assert synced, "no sync of the state file between one request and the next"
        last = post
