"""What stands beside every file: where it came from and how to tell that it is whole. No secret is in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from runner.errors import PlaceError
from runner.files.durable import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from runner.jsonvalue import JsonObject

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file's manifest. `version` is bqlrun's; rows are data rows; times are UTC."""

    file: str
    version: str
    spec: str
    api: str
    org: str
    project: str
    analysis: str
    export: str
    partition: str | None
    fingerprint: str
    style: str
    job_ids: tuple[str, ...]
    payload: JsonObject
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str
    finished_at: str


def manifest_path(file: Path) -> Path:
    """`NAME.manifest.json` beside `NAME.csv` or `NAME.csv.gz`."""
    name = file.name
    for suffix in (".csv.gz", ".csv", ".parquet"):
        if name.endswith(suffix):
            return file.with_name(f"{name.removesuffix(suffix)}.manifest.json")
    return file.with_name(f"{name}.manifest.json")


def write_manifest(file: Path, manifest: Manifest) -> None:
    """Write it beside the file, whole or not at all. Raises PlaceError."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=2, ensure_ascii=False) + "\n"
    try:
        write_whole(manifest_path(file), text.encode())
    except OSError as error:
        raise PlaceError(f"cannot write {manifest_path(file)}: {error.strerror or error}") from error
