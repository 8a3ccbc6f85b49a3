"""The folder where files end holds what was put there, and nothing that a link leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.files.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_manifest_that_is_a_link_is_none_of_ours(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
    own, foreign = root / "a.manifest.json", elsewhere / "b.manifest.json"
    for manifest in (own, foreign):
        manifest.write_text("{}")
    (root / "b.manifest.json").symlink_to(foreign)
    (root / "away").symlink_to(elsewhere)
    assert list(Folder().manifests(str(root))) == [str(own)]


def test_what_is_no_file_of_its_own_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(b"rows")
    (tmp_path / "link.csv").symlink_to(tmp_path / "file.csv")
    (tmp_path / "nowhere.csv").symlink_to(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    names = ("file", "gone", "link", "nowhere", "folder")
    plain = [Folder().is_plain(str(tmp_path / f"{name}.csv")) for name in names]
    assert plain == [True, True, False, False, False]
