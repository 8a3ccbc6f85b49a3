"""JSON values: their types, and one canonical text for each."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Self, TypeAlias

# What json.loads gives; Any because JSON is checked by schemas, not by the type checker.
JsonValue: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def canonical(value: JsonValue) -> str:
    """The same text for equal values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: JsonValue) -> str:
    """The SHA-256 of a value's canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


class Written(float):
    """A number with a fraction that keeps how it was written: `0.10` is not to become `0.1` in anyone's file."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """The number that a text is."""
        number = super().__new__(cls, text)
        number.text = text
        return number
