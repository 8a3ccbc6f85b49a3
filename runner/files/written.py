"""What is in an output folder, by the manifests beside the files and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import ManifestUnreadable
from runner.files.destination import destination_of
from runner.files.location import beside
from runner.files.manifest import manifest_path, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

from runner.files.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Written:
    """A file that a run put in place, as its manifest has it."""

    file: str
    manifest: Manifest

    @property
    def export(self) -> tuple[str, ...]:
        """Whose file it is: of these, each crawl has its own."""
        known = self.manifest
        return known.spec, known.api, known.org, known.project, known.export


@dataclass(frozen=True, slots=True)
class Left:
    """Something with a manifest that is left alone, and why."""

    path: str
    reason: str


def written_under(root: str) -> Iterator[Written | Left]:
    """Every manifest of an export under an output folder."""
    for path in destination_of(root).manifests(root):
        found = _beside(path)
        if found:
            yield found


def _beside(path: str) -> Written | Left | None:
    """What a manifest stands for; None for a file that is made of others, which always holds the newest."""
    try:
        manifest = read_manifest(path)
    except ManifestUnreadable as error:
        return Left(path, error.message)
    if manifest.role != "export":
        return None
    file = beside(path, manifest.file)
    if manifest_path(file) != path:
        return Left(path, f"it is the manifest of another file, {manifest.file}")
    destination = destination_of(file)
    if not destination.is_plain(file):
        return Left(file, "it is no file of its own")
    found = destination.stamp(file)
    if found and found.bytes != manifest.bytes:
        return Left(file, "it was changed since it was put there")
    return Written(file, manifest)
