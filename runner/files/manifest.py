"""What stands beside every file: where it came from and how to tell that it is whole. No secret is in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from runner.errors import ManifestUnreadable
from runner.files.destination import destination_of
from runner.files.location import beside, name_of
from runner.files.manifestname import manifest_name

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue

FORMAT = 1
# Payloads are small; what is larger than this was not written here.
_LARGEST = 16 << 20
_PLAIN_NAME = re.compile(r"(?!\.{1,2}\Z)[^/\\\x00]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file's manifest. `version` is bqlrun's; rows are data rows; times are UTC.

    `role` tells the file of an export from those made of such: `current`, its newest under a stable name, and
    `combined`, one table over all projects, whose `payload` lists its parts. What is `provisional` was exported before
    its data was complete.
    """

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
    role: str = "export"
    provisional: bool = False


def manifest_path(file: str) -> str:
    """`NAME.manifest.json` beside `NAME.csv` or `NAME.csv.gz`."""
    return beside(file, manifest_name(name_of(file)))


def write_manifest(file: str, manifest: Manifest) -> None:
    """Write it beside the file, whole or not at all. Raises PlaceError and StoreError."""
    values = {field.name: getattr(manifest, field.name) for field in fields(Manifest)}
    destination_of(file).write(manifest_path(file), _text({"format": FORMAT, **values}))


def read_manifest(path: str) -> Manifest:
    """The manifest in a file, every value of the right kind; keys that nobody knows are passed over.

    Raises ManifestUnreadable, and StoreError. `file` is a plain name: it leads nowhere but to the manifest's folder.
    """
    try:
        value = json.loads(destination_of(path).read(path, _LARGEST))
    except OSError as error:
        raise ManifestUnreadable(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        raise ManifestUnreadable(f"{path} is no manifest: it is not JSON") from None
    if not isinstance(value, dict) or "format" not in value:
        raise ManifestUnreadable(f"{path} is no manifest: it does not say its format")
    if value["format"] != FORMAT:
        raise ManifestUnreadable(f"{path} has format {value['format']!r:.20}, and this version knows {FORMAT}")
    return Manifest(**{field.name: _checked(path, field.name, value.get(field.name)) for field in fields(Manifest)})


def _checked(path: str, name: str, value: JsonValue) -> Any:  # noqa: ANN401  the kind depends on the name
    """A value of the kind that its name asks for, lists as tuples."""
    if not _fits(name, value):
        raise ManifestUnreadable(f"{path} is no manifest: its {name} is {value!r:.40}")
    return tuple(value) if isinstance(value, list) else value


def _fits(name: str, value: JsonValue) -> bool:
    match name:
        case "rows" | "bytes":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "job_ids" | "columns":
            return isinstance(value, list) and all(isinstance(each, str) for each in value)
        case "provisional":
            return isinstance(value, bool)
        case "payload":
            return isinstance(value, dict)
        case "partition" if value is None:
            return True
        case "file":
            return isinstance(value, str) and _PLAIN_NAME.fullmatch(value) is not None
        case "sha256":
            return isinstance(value, str) and _SHA256.fullmatch(value) is not None
    return isinstance(value, str)


def _text(value: JsonObject) -> bytes:
    """JSON as a person reads it, a line each; escaped where a name holds half a character, which UTF-8 cannot hold."""
    try:
        return _lines(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return _lines(value, ensure_ascii=True).encode()


def _lines(value: JsonObject, *, ensure_ascii: bool) -> str:
    """By the fast encoder, which knows no indentation: of a small file it would be a third of all work."""
    lines = (f"  {json.dumps(key)}: {json.dumps(each, ensure_ascii=ensure_ascii)}" for key, each in value.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"
