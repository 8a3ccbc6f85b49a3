"""Whose file stands where an export's would go: another spec's, or another export's, is not overwritten by commands
that know nothing of each other. The same export asked otherwise replaces its own: that is what asking again is for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runner.errors import ManifestUnreadable, PathTaken
from runner.files.destination import destination_of, reach
from runner.files.manifest import manifest_path, read_manifest

if TYPE_CHECKING:
    from runner.files.manifest import Manifest
    from runner.plan.model import Wanted
    from runner.state.exports import ExportRecord
    from runner.state.store import State

_UNDER_WAY = frozenset({"submitted", "downloading"})


async def refuse_anothers(wanted: Wanted, state: State) -> None:
    """Raise PathTaken where another export's file is in this one's place, or is under way to it.

    The state file says whose it is; where that does not know the path, the manifest beside the file does.
    """
    record = state.exports.at(wanted.path)
    owner: ExportRecord | Manifest | None = record
    if owner is None:
        owner = await reach(wanted.path, partial(_manifest, wanted.path))
    if owner is None or may_have(wanted, owner):
        return
    found = await reach(wanted.path, partial(destination_of(wanted.path).stamp, wanted.path))
    if found or (record and record.status in _UNDER_WAY):
        raise _taken(wanted, owner)


def refuse_placed(wanted: Wanted) -> None:
    """Raise PathTaken where another export's file came into this one's place since: a run on another state file, of
    which this one knows nothing, may have been quicker. The manifest says whose it is.
    """
    owner = _manifest(wanted.path)
    if owner and not may_have(wanted, owner) and destination_of(wanted.path).stamp(wanted.path):
        raise _taken(wanted, owner)


def may_have(wanted: Wanted, owner: ExportRecord | Manifest) -> bool:
    """Whether the place is this export's own, or holds the same data: in what form is nothing that could be lost."""
    project = wanted.asked.project
    mine = (wanted.spec.name, project.org, project.project, wanted.asked.export.name)
    return owner.fingerprint == wanted.fingerprint or mine == (owner.spec, owner.org, owner.project, owner.export)


def _taken(wanted: Wanted, owner: ExportRecord | Manifest) -> PathTaken:
    whose = f"export {owner.export} of {owner.org}/{owner.project} in the spec {owner.spec}"
    return PathTaken(f"{wanted.path} is the file of {whose}", "tell them apart in `output.path`, or remove that file")


def _manifest(path: str) -> Manifest | None:
    try:
        return read_manifest(manifest_path(path))
    except ManifestUnreadable:
        return None
