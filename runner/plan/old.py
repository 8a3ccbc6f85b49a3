"""Which files are of crawls older than the newest few: told by the manifests beside them, and by nothing else."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner.botify.slugs import newest_slugs_first
from runner.files.manifest import ManifestUnreadable, manifest_path, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


def old_files(root: Path, keep: int) -> tuple[tuple[Written, ...], tuple[Left, ...]]:
    """The files of all but the `keep` newest crawls of each export under a folder, and what is left alone there."""
    found = list(_written(root))
    left = tuple(each for each in found if isinstance(each, Left))
    return older_than(keep, (each for each in found if isinstance(each, Written))), left


def older_than(keep: int, written: Iterable[Written]) -> tuple[Written, ...]:
    """Per export, the files of all crawls but the `keep` newest, by path."""
    exports: dict[tuple[str, ...], list[Written]] = defaultdict(list)
    for each in written:
        exports[each.export].append(each)
    old: list[Written] = []
    for files in exports.values():
        newest = newest_slugs_first({each.manifest.analysis for each in files})[:keep]
        old += [each for each in files if each.manifest.analysis not in newest]
    return tuple(sorted(old, key=lambda each: each.file))


def _written(root: Path) -> Iterator[Written | Left]:
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
