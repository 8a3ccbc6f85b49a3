"""Which files are of crawls older than the newest few: told by the manifests beside them, and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from runner.botify.slugs import newest_slugs_first
from runner.files.written import Left, Written, written_under

if TYPE_CHECKING:
    from collections.abc import Iterable


def old_files(root: str, keep: int) -> tuple[tuple[Written, ...], tuple[Left, ...]]:
    """The files of all but the `keep` newest crawls of each export under a folder, and what is left alone there."""
    found = list(written_under(root))
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
    return tuple(sorted(old, key=lambda each: each.file.split("/")))
