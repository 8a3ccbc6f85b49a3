"""What looking after a state file came to, for people and for machines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runner.counted import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.jsonvalue import JsonObject
    from runner.run.rebuild import Rebuilt
    from runner.run.takeover import Taken
    from runner.run.verify import Verified
    from runner.state.merge import Merged


def verified_json(files: Sequence[Verified]) -> JsonObject:
    """The object that `bqlrun state verify --json` prints."""
    totals = Counter(each.found for each in files)
    return {"files": [{"path": each.path, "found": each.found} for each in files], "totals": dict(totals)}


def verified_text(files: Sequence[Verified]) -> str:
    """A line for each file that is not as it was, and how many there are."""
    wrong = [f"{each.path}: {each.found}" for each in files if not each.good]
    said = f"{len(files) - len(wrong):,} of {counted(len(files), 'file')} are as they were placed"
    advice = ["`bqlrun run` fetches the others again from their jobs, at no cost"] if wrong else []
    return "\n".join([*wrong, said, *advice])


def rebuilt_json(rebuilt: Rebuilt) -> JsonObject:
    """The object that `bqlrun state rebuild --json` prints."""
    return {
        "added": list(rebuilt.added),
        "known": list(rebuilt.known),
        "left": [{"path": str(each.path), "reason": each.reason} for each in rebuilt.left],
    }


def rebuilt_text(rebuilt: Rebuilt) -> str:
    """What was left alone, and what the state file knows now."""
    left = [f"{each.path} is left alone: {each.reason}" for each in rebuilt.left]
    known = f", {counted(len(rebuilt.known), 'file')} known before" if rebuilt.known else ""
    return "\n".join([*left, f"{counted(len(rebuilt.added), 'file')} taken over from manifests{known}"])


def merged_json(merged: Sequence[tuple[str, Merged]]) -> JsonObject:
    """The object that `bqlrun state merge --json` prints."""
    return {"files": [{"path": path, "jobs": each.jobs, "exports": each.exports} for path, each in merged]}


def merged_text(merged: Sequence[tuple[str, Merged]]) -> str:
    """A line for each file: what it brought."""
    return "\n".join(
        f"{path}: {counted(each.jobs, 'job')} and {counted(each.exports, 'export')} taken over" for path, each in merged
    )


def taken_json(taken: Sequence[Taken]) -> JsonObject:
    """The object that `bqlrun state import --json` prints."""
    jobs = [
        {"key": each.registered.key, "job_id": each.registered.job_id, "fate": each.fate, "reason": each.reason}
        for each in taken
    ]
    return {"jobs": jobs, "totals": dict(Counter(each.fate for each in taken))}


def taken_text(taken: Sequence[Taken]) -> str:
    """A line for each job, and what they come to."""
    said = [f"{each.registered.key}: {each.fate}: {each.reason}" for each in taken]
    totals = ", ".join(f"{count:,} {fate}" for fate, count in Counter(each.fate for each in taken).items())
    return "\n".join([*said, f"{counted(len(taken), 'job')} in the registry{f': {totals}' if totals else ''}"])
