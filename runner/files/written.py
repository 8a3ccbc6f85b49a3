"""What is in an output folder, by the manifests beside the files and by nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner.files.manifest import ManifestUnreadable, manifest_path, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.files.manifest import Manifest

_SUFFIX = ".manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """A file that a run put in place, as its manifest has it."""

    file: Path
    manifest: Manifest

    @property
    def export(self) -> tuple[str, ...]:
        """Whose file it is: of these, each crawl has its own."""
        known = self.manifest
        return known.spec, known.api, known.org, known.project, known.export


@dataclass(frozen=True, slots=True)
class Left:
    """Something with a manifest that is left alone, and why."""

    path: Path
    reason: str


def written_under(root: Path) -> Iterator[Written | Left]:
    """Every manifest of an export under a folder; links are not followed, they lead elsewhere."""
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder) / name
            if name.endswith(_SUFFIX) and not path.is_symlink():
                found = _beside(path)
                if found:
                    yield found


def _beside(path: Path) -> Written | Left | None:
    """What a manifest stands for; None for a file that is made of others, which always holds the newest."""
    try:
        manifest = read_manifest(path)
    except ManifestUnreadable as error:
        return Left(path, error.message)
    if manifest.role != "export":
        return None
    file = path.with_name(manifest.file)
    if manifest_path(file) != path:
        return Left(path, f"it is the manifest of another file, {manifest.file}")
    if file.is_symlink() or (file.exists() and not file.is_file()):
        return Left(file, "it is no file of its own")
    if file.exists() and file.stat().st_size != manifest.bytes:
        return Left(file, "it was changed since it was put there")
    return Written(file, manifest)
