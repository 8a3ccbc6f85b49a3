"""A state file is made again from what stands beside the files: their manifests."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.fingerprint import fingerprint
from runner.bql.kinds import EXPORT
from runner.files.destination import destination_of
from runner.files.location import tidy
from runner.files.written import Left, Written, written_under
from runner.state.exports import ExportRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.files.manifest import Manifest
    from runner.files.stamp import Stamp
    from runner.state.store import State


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuilding found: files that are known now, those that were known, and what it had to leave alone."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    left: tuple[Left, ...]


def rebuild(state: State, root: str) -> Rebuilt:
    """Have the state file know of every file under an output folder that is what its manifest says.

    What it knows already stays as it is. `root` is written as in the spec's `output.dir`.
    """
    added, known, left = [], [], []
    for found in written_under(root):
        path = tidy(found.path if isinstance(found, Left) else found.file)
        if isinstance(found, Left):
            left.append(found)
        elif state.exports.at(path):
            known.append(path)
        elif isinstance(stamp := _sound(found), Left):
            left.append(stamp)
        else:
            _add(state, found, path, stamp)
            added.append(path)
    return Rebuilt(tuple(added), tuple(known), tuple(left))


def _sound(written: Written) -> Stamp | Left:
    """The stamp of a file that is what its manifest says."""
    destination = destination_of(written.file)
    stamp = destination.stamp(written.file)
    if stamp is None:
        return Left(written.file, "it is gone; only its manifest is there")
    if destination.sha256(written.file) != written.manifest.sha256:
        return Left(written.file, "it was changed since it was put there")
    return stamp


def _add(state: State, written: Written, path: str, stamp: Stamp) -> None:
    manifest = written.manifest
    place = (manifest.org, manifest.project)
    jobs = state.jobs_of(manifest.api)
    for job_id, identity in _jobs(manifest):
        jobs.record(identity, job_id, "DONE", "adopted", place)
    state.exports.put(
        ExportRecord(
            path=path,
            spec=manifest.spec,
            api=manifest.api,
            org=manifest.org,
            project=manifest.project,
            analysis=manifest.analysis,
            export=manifest.export,
            partition=manifest.partition,
            fingerprint=manifest.fingerprint,
            style=manifest.style,
            status="done",
            planned_rows=manifest.rows,
            job_id=",".join(manifest.job_ids) or None,
            rows=manifest.rows,
            bytes=manifest.bytes,
            sha256=manifest.sha256,
            mark=stamp.mark,
            provisional=int(manifest.provisional),
        )
    )


def _jobs(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Each job with the fingerprint of what it was asked; the parts of a whole have their own."""
    parts = manifest.payload.get("parts")
    if isinstance(parts, list) and len(parts) == len(manifest.job_ids):
        for job_id, payload in zip(manifest.job_ids, parts, strict=True):
            # A payload that somebody wrote: a job that cannot be told is looked for in the account.
            with suppress(KeyError, TypeError, AttributeError):
                yield job_id, fingerprint(manifest.api, EXPORT, payload, None)
    elif len(manifest.job_ids) == 1:
        yield manifest.job_ids[0], manifest.fingerprint
