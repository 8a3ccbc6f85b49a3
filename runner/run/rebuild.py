"""A state file is made again from what stands beside the files: their manifests."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql.fingerprint import fingerprint
from runner.bql.kinds import EXPORT
from runner.files.written import Left, Written, written_under
from runner.state.exports import ExportRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.files.manifest import Manifest
    from runner.state.store import State


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuilding found: files that are known now, those that were known, and what it had to leave alone."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    left: tuple[Left, ...]


def rebuild(state: State, root: Path) -> Rebuilt:
    """Have the state file know of every file under an output folder that is what its manifest says.

    What it knows already stays as it is. `root` is written as in the spec's `output.dir`.
    """
    added, known, left = [], [], []
    for found in written_under(root):
        path = os.path.normpath(found.path if isinstance(found, Left) else found.file)
        if isinstance(found, Left):
            left.append(found)
        elif state.exports.at(path):
            known.append(path)
        elif reason := _reason_against(found):
            left.append(Left(found.file, reason))
        else:
            _add(state, found, path)
            added.append(path)
    return Rebuilt(tuple(added), tuple(known), tuple(left))


def _reason_against(written: Written) -> str | None:
    if not written.file.exists():
        return "it is gone; only its manifest is there"
    with written.file.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != written.manifest.sha256:
            return "it was changed since it was put there"
    return None


def _add(state: State, written: Written, path: str) -> None:
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
            mtime_ns=written.file.stat().st_mtime_ns,
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
