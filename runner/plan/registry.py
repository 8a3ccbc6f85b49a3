"""Another tool's list of export jobs, Pipulate's `export_registry.json`, read as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runner.jsonvalue import JsonValue

# No registry comes near it.
_LARGEST = 64 << 20
_FORM = "a registry is an object: ORG_PROJECT_ANALYSIS_depth_N → a list of jobs, each with its job_id"


@dataclass(frozen=True, slots=True)
class Registered:
    """One job of a registry. `key` is ORG_PROJECT_ANALYSIS_depth_N, whose parts may hold underscores themselves."""

    key: str
    job_id: str
    local_file: str | None

    def is_of(self, *parts: str) -> bool:
        """Whether the key begins with an organisation, a project, an analysis, as far as they are given."""
        return self.key.startswith("".join(f"{part}_" for part in parts))

    def org_among(self, orgs: Iterable[str]) -> str:
        """The organisation: the longest of those that are known, else what is before the first underscore."""
        known = sorted((org for org in orgs if self.is_of(org)), key=len)
        return known[-1] if known else self.key.partition("_")[0]


def read_registry(path: Path) -> tuple[Registered, ...]:
    """Every job that a registry names, each once. Raises UsageError for what is no registry."""
    try:
        with path.open("rb") as source:
            value = json.loads(source.read(_LARGEST))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "name Pipulate's file") from error
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no registry: it is not JSON", _FORM) from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} is no registry: it is no object", _FORM)
    found = {each.job_id: each for key, jobs in value.items() for each in _registered(path, key, jobs)}
    return tuple(found.values())


def _registered(path: Path, key: str, jobs: JsonValue) -> Iterator[Registered]:
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise UsageError(f"{path} is no registry: {key!r:.80} holds no list of jobs", _FORM)
    for job in jobs:
        job_id, file = job.get("job_id"), job.get("local_file")
        if isinstance(job_id, bool) or not isinstance(job_id, (str, int)) or not str(job_id).strip():
            raise UsageError(f"{path} is no registry: a job of {key!r:.80} has no job_id", _FORM)
        yield Registered(key, str(job_id).strip(), file if isinstance(file, str) and file else None)
