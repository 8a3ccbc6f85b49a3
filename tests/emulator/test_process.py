"""The emulator as a process: how it starts, how it ends, what it leaves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runner.emulator import embedded
from runner.errors import UsageError
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "runner.emulator"]
QUERY = crawl_query("20250413", "url", filters={"field": "crawl.20250413.depth", "predicate": "lte", "value": 1})


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        yield child
        child.kill()


def announced(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    line = child.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    return line.removeprefix("listening on ").strip()


def test_its_first_line_says_where_it_listens_and_it_listens_by_then(started: subprocess.Popen[str]) -> None:
    with Api(announced(started)) as api:
        assert api.get("/v1/authentication/profile")["data"]["username"] == "example-org"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_quietly(started: subprocess.Popen[str], number: signal.Signals) -> None:
    announced(started)
    started.send_signal(number)
    assert started.wait(timeout=3) == 0
    assert started.stderr
    assert started.stderr.read() == ""


def test_an_embedded_emulator_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from runner.emulator import embedded\n"
        "with embedded(pathlib.Path(sys.argv[1])) as url: print(url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        with Api(url) as api:
            assert api.get("/v1/jobs")["count"] == 0
        parent.kill()
    assert closes(url)


def test_a_ctrl_c_reaches_only_the_one_who_embeds_it(tmp_path: Path) -> None:
    with embedded(tmp_path):
        groups = groups_of_emulators()
        assert groups
        assert os.getpgrp() not in groups


def test_a_second_process_finds_the_jobs_and_the_files_of_the_first(tmp_path: Path) -> None:
    with embedded(tmp_path, job_seconds=0) as url, Api(url) as first:
        job = first.done(first.payload(QUERY))
        content = first.http.get(job["results"]["download_url"]).content
    with embedded(tmp_path, job_seconds=0) as url, Api(url) as second:
        again = second.finish(job["job_id"])
        assert again["results"]["download_url"] != job["results"]["download_url"], "the port is another one"
        assert second.http.get(again["results"]["download_url"]).content == content


def test_two_emulators_on_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        with embedded(tmp_path / name, job_seconds=0) as url, Api(url) as api:
            contents.append(api.download(api.payload(QUERY)))
    assert contents[0] == contents[1]


def test_a_port_that_is_taken_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--data-dir", str(tmp_path), "--port", port], capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_config_that_is_wrong_is_refused_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "world.yaml"
    config.write_text("organisations: {a: {b: {analyses: [{slug: 2025-04-13}]}}}")
    done = subprocess.run([*COMMAND, "--config", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{config}:1:43: a slug is YYYYMMDD or YYYYMMDD-N" in done.stderr


def test_embedding_with_a_wrong_config_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did not start"), embedded(tmp_path, tmp_path / "missing.yaml"):
        pass


def test_the_command_serves_as_the_module_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "runner", "emulator", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            with Api(announced(child)) as api:
                assert api.get("/v1/projects/example-org")["count"] == 1
        finally:
            child.terminate()
    assert child.returncode == 0


@pytest.mark.parametrize("library", ["duckdb", "starlette", "uvicorn"])
def test_without_its_libraries_it_says_what_to_install(tmp_path: Path, library: str) -> None:
    script = f"import sys; sys.modules[{library!r}] = None; from runner.emulator.process import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "--data-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'bqlrun[emulator]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_embedding_without_its_libraries_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=r"pip install 'bqlrun\[emulator\]'"), embedded(tmp_path):
        pass


def test_importing_the_package_loads_none_of_its_libraries() -> None:
    script = (
        "import sys, runner.emulator, runner.cli.emulator; print({'duckdb', 'uvicorn', 'starlette'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    for name in ("spill/999999/left.tmp", "files/secret.gzip.999999.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"left")
        os.utime(tmp_path / name, (0, 0))
    with embedded(tmp_path):
        assert [path.name for path in (tmp_path / "spill").iterdir()] != ["999999"]
        assert list((tmp_path / "files").iterdir()) == []


def test_the_data_folder_is_for_the_user_alone(tmp_path: Path) -> None:
    with embedded(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def closes(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    for _ in range(100):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False


def groups_of_emulators() -> list[int]:
    command = ["ps", "-eo", "ppid,pgid,args"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listing.splitlines()[1:]]
    return [int(group) for parent, group, args in rows if int(parent) == os.getpid() and "runner.emulator" in args]
