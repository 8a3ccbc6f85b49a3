"""`bqlrun init`: what it writes runs at once, and nothing of the user's own is touched."""

from __future__ import annotations

import re
import shlex
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from runner.files.starting import start
from runner.show.starting import started_json, started_text

if TYPE_CHECKING:
    import pytest

    from tests.harness import Desk

ROOT = Path(__file__).parent.parent.parent
WRITTEN = {
    "specs/first.yaml",
    "schemas/spec.schema.json",
    "botify_token.txt",
    ".gitignore",
    ".github/workflows/exports.yaml",
    ".pre-commit-config.yaml",
}


def test_what_it_writes_runs_at_once_by_the_command_that_it_names(quiet_desk: Desk) -> None:
    started = quiet_desk.bqlrun("init", "my exports", "--json")
    assert started.code == 0, started.err
    assert set(started.json["written"]) == WRITTEN == quiet_desk.files("my exports").keys()
    change, _, command = started.json["next"].partition(" && ")
    quiet_desk.folder = quiet_desk.folder / shlex.split(change)[1]
    program, *arguments = shlex.split(command)
    assert program == "bqlrun"
    assert quiet_desk.bqlrun("validate", "specs").code == 0
    ran = quiet_desk.bqlrun(*arguments, "--json")
    assert ran.code == 0, ran.err
    assert {export["export"]: export["rows"] for export in ran.json["exports"]} == {"titles": 28_560, "errors": 15_006}


def test_an_editor_finds_the_schema_beside_the_spec(quiet_desk: Desk) -> None:
    assert quiet_desk.bqlrun("init").code == 0
    spec = quiet_desk.folder / "specs/first.yaml"
    [named] = re.findall(r"^# yaml-language-server: \$schema=(.*)$", spec.read_text(encoding="utf-8"), re.MULTILINE)
    assert (spec.parent / named).read_bytes() == (ROOT / "schemas/spec.schema.json").read_bytes()


def test_nothing_is_overwritten_and_what_is_left_alone_is_named(quiet_desk: Desk) -> None:
    quiet_desk.write("specs/first.yaml", "mine")
    (quiet_desk.folder / ".gitignore").symlink_to("nowhere")
    started = quiet_desk.bqlrun("init")
    assert started.code == 0
    assert "left alone  specs/first.yaml" in started.out
    assert "left alone  .gitignore" in started.out
    assert (quiet_desk.folder / "specs/first.yaml").read_text() == "mine"
    assert not (quiet_desk.folder / "nowhere").exists()
    before = quiet_desk.files(".")
    assert quiet_desk.bqlrun("init", "--json").json["written"] == []
    assert quiet_desk.files(".") == before


def test_a_gitignore_of_ones_own_that_lets_the_token_through_is_warned_of(quiet_desk: Desk) -> None:
    quiet_desk.write(".gitignore", "/downloads\n.bqlrun\n")
    started = quiet_desk.bqlrun("init")
    assert "warning: .gitignore should also name botify_token.txt, report.html, junit.xml" in started.out


def test_the_token_file_is_private_ignored_by_git_and_holds_no_token_yet(quiet_desk: Desk) -> None:
    quiet_desk.bqlrun("init")
    path = quiet_desk.folder / "botify_token.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    subprocess.run(["git", "init", "-q", quiet_desk.folder], check=True)
    wanted = {"botify_token.txt", ".bqlrun/state.db", "downloads/a.csv"}
    asked_git = ["git", "-C", str(quiet_desk.folder), "check-ignore", *sorted(wanted)]
    assert set(subprocess.run(asked_git, check=True, capture_output=True, text=True).stdout.split()) == wanted
    asked = quiet_desk.bqlrun("analyses", "example-org/example.com")
    assert asked.code == 2
    assert "the first line of the file botify_token.txt is empty" in asked.err
    assert "put the token on the first line of botify_token.txt" in asked.err


def test_a_place_where_it_cannot_write_is_said_in_one_line(quiet_desk: Desk) -> None:
    quiet_desk.write("taken", "a file")
    started = quiet_desk.bqlrun("init", "taken")
    assert started.code == 2
    assert len(started.err.splitlines()) == 1


def test_the_hooks_for_pre_commit_find_what_is_wrong(quiet_desk: Desk) -> None:
    quiet_desk.bqlrun("init")
    own = yaml.safe_load((quiet_desk.folder / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    published = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in own + published] == ["bqlrun-validate"] * 2
    assert re.match(own[0]["files"], "specs/first.yaml")
    assert re.match(published[0]["files"], "specs/team/first.yml")
    for hook, files in ((own[0], []), (published[0], ["specs/first.yaml", "specs/second.yaml"])):
        _, *arguments = hook["entry"].split()
        quiet_desk.write("specs/second.yaml", "version: 1\n")
        wrong = quiet_desk.bqlrun(*arguments, *files)
        assert wrong.code == 2
        assert wrong.out.startswith("specs/second.yaml:1:1: ")
        (quiet_desk.folder / "specs/second.yaml").unlink()
        assert quiet_desk.bqlrun(*arguments, *files[:1]).code == 0


def test_without_the_emulator_the_next_command_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.show.starting.has_emulator", lambda: False)
    install = "pip install 'bqlrun[emulator]' && "
    assert f"next: {install}" in started_text(start(tmp_path))
    assert str(started_json(start(tmp_path))["next"]).startswith(install)
