"""Which exports the command line picks: by project, export, both, or label."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runner.spec.shard import ALONE
from runner.spec.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.spec.model import Spec
    from runner.spec.shard import Shard


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs of `--select` (all, where there are none) less those of `--exclude`, and of these one machine's share."""

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    shard: Shard = ALONE

    def matches(self, org: str, project: str, export: str, labels: Sequence[str]) -> bool:
        """Whether an export of a project is picked."""

        def any_of(patterns: Sequence[str]) -> bool:
            return any(_matches(pattern, f"{org}/{project}", export, labels) for pattern in patterns)

        return (not self.select or any_of(self.select)) and not any_of(self.exclude)


def meaningless(selection: Selection, specs: Sequence[Spec]) -> str | None:
    """What is wrong about the first pattern that means nothing in these specs; None where there is none.

    Projects that only the API knows may have any name and label: where specs look for such, nothing can be told.
    """
    if any(spec.discoveries for spec in specs):
        return None
    places = [(f"{project.org}/{project.project}", project.labels) for spec in specs for project in spec.projects]
    exports = [export.name for spec in specs for export in spec.exports]
    for pattern in (*selection.select, *selection.exclude):
        if not any(_matches(pattern, place, name, labels) for place, labels in places for name in exports):
            names = [*exports, *(place for place, _ in places), *(f"label:{each}" for _, own in places for each in own)]
            return f"nothing is called {pattern}{did_you_mean(pattern, dict.fromkeys(names))}"
    return None


def _matches(pattern: str, project: str, export: str, labels: Sequence[str]) -> bool:
    """`label:NAME`, `org/project:export`, `org/project`, or `export`: an export's name holds no slash."""
    if pattern.startswith("label:"):
        return any(fnmatchcase(label, pattern.removeprefix("label:")) for label in labels)
    place, colon, name = pattern.rpartition(":")
    if colon and "/" in place:
        return fnmatchcase(project, place) and fnmatchcase(export, name)
    return fnmatchcase(project, pattern) if "/" in pattern else fnmatchcase(export, pattern)
