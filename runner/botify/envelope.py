"""The API's own words when it says no, in each of the shapes that it says it in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.jsonvalue import Written, canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.jsonvalue import JsonValue

_LONGEST = 500
# Control characters, halves of characters, and those that turn text around: a server must not write on anyone's
# terminal, nor what none can write.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")


class NotJson(Exception):
    """The body is no JSON: HTML, an empty text, a document that was cut."""


@dataclass(frozen=True, slots=True)
class Words:
    """A code (always as text; empty where there is none) and a message (empty where there is none)."""

    code: str
    message: str

    def __str__(self) -> str:
        code = f", error code {self.code}" if self.code else ""
        return f"{code}: {self.message}" if self.message else code


def parse(body: bytes) -> JsonValue:
    """The body as JSON; raises NotJson."""
    try:
        return json.loads(body, parse_float=Written)
    except (ValueError, RecursionError):
        raise NotJson from None


def words(body: bytes, hide: Callable[[str], str] = str) -> Words:
    """What an error body says; `hide` takes out of it what nobody may see.

    `{"error": {"message", "error_code", "error_detail"}}` (SW DefaultPayload), `error` as a plain text (PIP), Django
    REST framework's `{"detail": …}`, any other JSON as it stands, and nothing of what is no JSON.
    """
    try:
        value = parse(body)
    except NotJson:
        return Words("", "")
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return Words("", readable(error, hide))
    message = error.get("message") or error.get("detail")
    if not message:
        return Words(_code(error, hide), readable(error, hide) if error else "")
    detail = error.get("error_detail")
    return Words(_code(error, hide), readable(message, hide) + (f" {readable(detail, hide)}" if detail else ""))


def readable(value: JsonValue, hide: Callable[[str], str] = str) -> str:
    """A value from outside as one short line; what is to be hidden is taken out before anything is cut."""
    text = _UNSEEN.sub(" ", hide(value if isinstance(value, str) else canonical(value))).strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _code(error: dict[str, JsonValue], hide: Callable[[str], str]) -> str:
    code = error.get("error_code")
    return "" if code is None else readable(code, hide)
