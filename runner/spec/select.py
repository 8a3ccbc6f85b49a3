"""Which exports the command line picks: by project, export, both, or label."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runner.near import near
from runner.spec.shard import ALONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        if not self.select and not self.exclude:
            return True

        def any_of(patterns: Sequence[str]) -> bool:
            return any(_matches(pattern, f"{org}/{project}", export, labels) for pattern in patterns)

        return (not self.select or any_of(self.select)) and not any_of(self.exclude)


def meaningless(selection: Selection, specs: Sequence[Spec]) -> str | None:
    """What is wrong about the first pattern that means nothing in these specs; None where there is none.

    Projects that only the API knows may have any name and label: where specs look for such, only the names of exports
    can be told to be wrong.
    """
    projects = [project for spec in specs for project in spec.projects]
    exports = [export.name for spec in specs for export in spec.exports]
    for pattern in (*selection.select, *selection.exclude):
        if any(spec.discoveries for spec in specs) and ("/" in pattern or pattern.startswith("label:")):
            continue
        places = [(f"{each.org}/{each.project}", each.labels) for each in projects] or [("", ())]
        if not any(_matches(pattern, place, name, labels) for place, labels in places for name in exports):
            labels = [f"label:{label}" for _, own in places for label in own]
            meant = perhaps_meant(pattern, [(each.org, each.project) for each in projects], [*exports, *labels])
            return f"nothing is called {pattern}{meant}"
    return None


def perhaps_meant(pattern: str, projects: Iterable[tuple[str, str]], names: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing: one of the names, or a project, of which perhaps only its own name was given."""
    places = {project: f"{org}/{project}" for org, project in projects}
    known = places | {place: place for place in places.values()} | {name: name for name in names}
    meant = near(pattern, known)
    return f"; did you mean `{known[meant[0]]}`?" if meant else ""


def _matches(pattern: str, project: str, export: str, labels: Sequence[str]) -> bool:
    """`label:NAME`, `org/project:export`, `org/project`, or `export`: an export's name holds no slash.

    What holds a colon and no slash may be either of two: `*:titles`, or an export whose name holds the colon.
    """
    if pattern.startswith("label:"):
        return any(fnmatchcase(label, pattern.removeprefix("label:")) for label in labels)
    if ":" in pattern and fnmatchcase(f"{project}:{export}", pattern):
        return True
    return fnmatchcase(project if "/" in pattern else export, pattern)
