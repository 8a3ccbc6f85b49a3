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
