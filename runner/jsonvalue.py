"""JSON values: their types, and one canonical text for each."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeAlias

# What json.loads gives; Any because JSON is checked by schemas, not by the type checker.
JsonValue: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def canonical(value: JsonValue) -> str:
    """The same text for equal values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: JsonValue) -> str:
    """The SHA-256 of a value's canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
