"""Which exports the command line picks: by project, export, both, or label."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs of `--select` (all, where there are none) less those of `--exclude`."""

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def matches(self, org: str, project: str, export: str, labels: Sequence[str]) -> bool:
        """Whether an export of a project is picked."""

        def any_of(patterns: Sequence[str]) -> bool:
            return any(_matches(pattern, f"{org}/{project}", export, labels) for pattern in patterns)

        return (not self.select or any_of(self.select)) and not any_of(self.exclude)


def _matches(pattern: str, project: str, export: str, labels: Sequence[str]) -> bool:
    """`label:NAME`, `org/project:export`, `org/project`, or `export`: an export's name holds no slash."""
    if pattern.startswith("label:"):
        return any(fnmatchcase(label, pattern.removeprefix("label:")) for label in labels)
    place, colon, name = pattern.rpartition(":")
    if colon and "/" in place:
        return fnmatchcase(project, place) and fnmatchcase(export, name)
    return fnmatchcase(project, pattern) if "/" in pattern else fnmatchcase(export, pattern)
