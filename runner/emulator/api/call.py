"""One request and one answer, as values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from runner.emulator.errors import Refused, bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runner.emulator.faults import Fault
    from runner.emulator.world import Behaviour
    from runner.jsonvalue import JsonValue

_LARGEST_BODY = 4_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `path` has no app prefix and no slash at its end; `base` is where the caller sees the API.

    `slash` says whether there was one at its end, which matters where a path ends in the address of a page.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    origin: Literal["api", "downloads"]
    base: str
    prefix: str = ""
    slash: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def fault(self, name: str) -> Fault | None:
        """The fault of that name, if it strikes this call."""
        return next((fault for fault in self.faults if fault.name == name), None)

    def json(self) -> JsonValue:
        """The body, which must be JSON without NaN, lone surrogates, or numbers and depths beyond reason."""
        if len(self.body) > _LARGEST_BODY:
            raise Refused(413, 1043, "the request is too large")
        try:
            value = json.loads(self.body, parse_constant=_no_constant, parse_float=_finite)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise bad_request("the body is not JSON") from None
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number of the query string, from 1 up to `most`, which larger ones become."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
            raise bad_request(f"{name} is a number from 1")
        return min(int(text), most)

    def url(self, path: str, query: str = "") -> str:
        """An absolute address of this API, as the caller sees it."""
        return f"{self.base}{self.prefix}{path}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class FileBody:
    """A part of a file, streamed. `cut` ends the connection after so many bytes, `pace` is in bytes a second."""

    path: Path
    start: int
    length: int
    cut: int | None = None
    pace: int | None = None
    flip: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `reset` ends the connection without one; `delay` holds it back, in seconds.

    `pace` lets its body drip, in bytes a second; a file has its own.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    file: FileBody | None = None
    reset: bool = False
    delay: float = 0
    pace: int | None = None


def json_answer(value: JsonValue, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON body."""
    body = json.dumps(value, allow_nan=False).encode()
    return Answer(status, body, {"content-type": "application/json", **(headers or {})})


def refusal(refused: Refused, behaviour: Behaviour, headers: Mapping[str, str] | None = None) -> Answer:
    """The error envelope, or one of the other forms that clients are ready for."""
    bodies: Mapping[str, JsonValue] = {"text": {"error": refused.message}, "detail": {"detail": refused.message}}
    body = bodies.get(behaviour.error_body) or refused.envelope()
    if behaviour.error_code == "integer" and behaviour.error_body == "envelope":
        body["error"]["error_code"] = refused.code
    return json_answer(body, refused.status, headers)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    """A number that can be written again: 1e400 would become Infinity, which is no JSON."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number
