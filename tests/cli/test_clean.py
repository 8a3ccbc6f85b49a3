"""`bqlrun clean`: old crawls' files go when asked, and no later run brings them back or pays for them."""

from __future__ import annotations

import os
import pty
from typing import TYPE_CHECKING

import pytest

from runner.plan.old import old_files
from runner.run.clean import remove
from runner.state.store import State
from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

SEVERAL = SPEC.replace("/crawl?analysisSlug=20250413", "/") + "    analysis: all\n"
SEVERAL += "    output: {current: 'newest/{{ export }}'}\n"
FOLDER = "example-org/example.com"
NEWEST = [f"{FOLDER}/20250413/titles.csv", f"{FOLDER}/20250413/titles.manifest.json"]
CURRENT = ["newest/titles.csv", "newest/titles.manifest.json"]


@pytest.fixture
def full_desk(desk: Desk) -> Desk:
    """A desk with the files of three crawls."""
    desk.write("spec.yaml", SEVERAL)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    return desk


def test_without_yes_it_only_says_what_it_would_remove(full_desk: Desk) -> None:
    before = full_desk.files()
    ran = full_desk.bqlrun("clean", "--keep", "1", "--json")
    assert ran.code == 0
    assert [(each["analysis"], each["path"]) for each in ran.json["exports"]] == [
        ("20250401", f"downloads/{FOLDER}/20250401/titles.csv"),
        ("20250401-2", f"downloads/{FOLDER}/20250401-2/titles.csv"),
    ]
    assert ran.json["removed"] is False
    assert "nothing was removed: --yes removes them" in ran.err
    assert full_desk.files() == before


def test_with_yes_the_newest_stay_and_emptied_folders_go(full_desk: Desk) -> None:
    ran = full_desk.bqlrun("clean", "--keep", "1", "--yes")
    assert ran.code == 0
    assert "2 files of old crawls" in ran.out
    assert list(full_desk.files()) == NEWEST + CURRENT
    assert [path.name for path in (full_desk.folder / "downloads" / FOLDER).iterdir()] == ["20250413"]
    assert "no file is of an old crawl" in full_desk.bqlrun("clean", "--keep", "1", "--yes").out


def test_what_was_cleaned_is_not_fetched_again_and_not_paid_again(full_desk: Desk, emulator: Emulated) -> None:
    full_desk.bqlrun("clean", "--keep", "1", "--yes")
    downloads = len(emulator.downloads())
    ran = full_desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0
    assert {each["status"] for each in ran.json["exports"]} == {"done"}
    assert "skip" in full_desk.bqlrun("plan", "spec.yaml").out
    assert "`clean` removed its file on 20" in full_desk.bqlrun("plan", "spec.yaml").out
    assert list(full_desk.files()) == NEWEST + CURRENT
    assert (len(emulator.downloads()), emulator.creations()) == (downloads, 3)


def test_a_file_that_was_cleaned_comes_back_when_it_is_forced(full_desk: Desk, emulator: Emulated) -> None:
    full_desk.bqlrun("clean", "--keep", "2", "--yes")
    gone = f"{FOLDER}/20250401/titles.csv"
    assert gone not in full_desk.files()
    assert full_desk.bqlrun("run", "spec.yaml", "--force").code == 0
    assert gone in full_desk.files()
    (full_desk.folder / "downloads" / gone).unlink()
    assert full_desk.bqlrun("run", "spec.yaml").code == 0
    assert gone in full_desk.files()
    assert emulator.creations() == 6


def test_without_a_state_file_it_cleans_all_the_same_and_makes_none(full_desk: Desk) -> None:
    assert full_desk.bqlrun("clean", "--keep", "1", "--yes", "--state", "none/state.db").code == 0
    assert list(full_desk.files()) == NEWEST + CURRENT
    assert not (full_desk.folder / "none").exists()


def test_what_a_run_beside_it_is_at_stays(full_desk: Desk) -> None:
    before = full_desk.files()
    gone = f"{FOLDER}/20250401/titles.csv"
    with State(full_desk.folder / ".bqlrun/state.db", "") as state:
        [record] = [each for each in state.exports.all() if each.path == f"downloads/{gone}"]
        state.claims.open()
        assert state.claims.take(record.fingerprint)
        ran = full_desk.bqlrun("clean", "--keep", "1", "--yes", "--json")
        state.claims.close()
    assert "20250401/titles.csv is left alone: a run is at it" in ran.err
    assert [each["path"] for each in ran.json["exports"]] == [f"downloads/{FOLDER}/20250401-2/titles.csv"]
    assert [each["path"] for each in ran.json["left"]] == [f"downloads/{gone}"]
    assert full_desk.files()[gone] == before[gone]
    assert full_desk.bqlrun("clean", "--keep", "1", "--yes").code == 0
    assert list(full_desk.files()) == NEWEST + CURRENT


def test_what_a_run_has_replaced_since_it_was_looked_at_stays(full_desk: Desk) -> None:
    root = full_desk.folder / "downloads"
    old, _ = old_files(str(root), 1)
    assert full_desk.bqlrun("run", "spec.yaml", "--force").code == 0
    with State(full_desk.folder / ".bqlrun/state.db", "") as state:
        left = remove(old, str(root), state)
    assert [each.reason for each in left] == ["a run has replaced it meanwhile"] * 2
    assert len(full_desk.files()) == 8


def test_what_it_did_not_put_there_stays(full_desk: Desk) -> None:
    full_desk.write(f"downloads/{FOLDER}/20250401/notes.txt", "mine")
    full_desk.write(f"downloads/{FOLDER}/20250401-2/titles.csv", "altered")
    ran = full_desk.bqlrun("clean", "--keep", "1", "--yes")
    assert "20250401-2/titles.csv is left alone: it was changed since it was put there" in ran.out
    left = set(full_desk.files()) - set(NEWEST + CURRENT)
    assert left == {
        f"{FOLDER}/20250401/notes.txt",
        f"{FOLDER}/20250401-2/titles.csv",
        f"{FOLDER}/20250401-2/titles.manifest.json",
    }


def test_on_a_terminal_it_asks(full_desk: Desk) -> None:
    for answer, files in (("n", 8), ("y", 4)):
        ours, theirs = pty.openpty()
        process = full_desk.start("clean", "--keep", "1", stdin=theirs)
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        _, err = process.communicate(timeout=60)
        os.close(ours)
        assert "remove them? [y/N]" in err
        assert len(full_desk.files()) == files


@pytest.mark.parametrize("arguments", [["--keep", "0"], ["--keep", "few"], [], ["--keep", "1", "--dir", "nowhere"]])
def test_what_makes_no_sense_is_exit_code_2(quiet_desk: Desk, arguments: list[str]) -> None:
    assert quiet_desk.bqlrun("clean", *arguments).code == 2


def test_where_nothing_was_exported_yet_there_is_nothing_to_remove(quiet_desk: Desk) -> None:
    ran = quiet_desk.bqlrun("clean", "--keep", "1")
    assert (ran.code, ran.out) == (0, "no file is of an old crawl\n")
    assert list(quiet_desk.folder.iterdir()) == []
