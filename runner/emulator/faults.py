"""Misbehaviour on demand: what to do wrong, on which route, how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runner.emulator.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from runner.jsonvalue import JsonObject, JsonValue

_ANY = ("*", "/v1/*")
_CREATE = ("POST", "/v1/jobs")
_DOWNLOAD = ("GET", "/export_data/*")
_DAY = 86_400
_LARGE = 2**40

# Each fault, the route it is for where none is given, and the options it takes.
KNOWN: Mapping[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "status": (_ANY, ("status", "code", "after", "body", "retry_after")),
    "html": (_ANY, ("status", "after")),
    "delay": (_ANY, ("seconds",)),
    "reset_before": (_CREATE, ()),
    "reset_after": (_CREATE, ()),
    "reset_late": (_CREATE, ("seconds",)),
    "redirect": (_ANY, ("location", "status")),
    "truncated": (_DOWNLOAD, ("keep",)),
    "corrupt": (_DOWNLOAD, ("at",)),
    "drip": (_DOWNLOAD, ("bytes_per_second",)),
    "archive": (_DOWNLOAD, ("kind",)),
    "expired": (_DOWNLOAD, ()),
    "job_failed": (_CREATE, ()),
    "job_hangs": (_CREATE, ()),
    "job_null_results": (_CREATE, ()),
    "job_status": (_CREATE, ("status",)),
    "job_url": (_CREATE, ("url",)),
    "echo": (_CREATE, ("mode",)),
}
ARCHIVES = ("gzip", "zip", "plain", "multi_member", "hostile_names", "bomb", "short", "ragged", "empty")


def _number(least: float, most: float) -> Callable[[JsonValue], bool]:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _whole(least: int, most: int) -> Callable[[JsonValue], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _one_of(*words: str) -> Callable[[JsonValue], bool]:
    return lambda value: value in words


def _word(value: JsonValue) -> bool:
    """Text that can stand in a header."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


# What an option may be, whichever fault it is of; but see `job_status`.
_ALLOWED: Mapping[str, Callable[[JsonValue], bool]] = {
    "method": _word,
    "path": lambda value: isinstance(value, str),
    "times": _whole(0, _LARGE),
    "skip": _whole(0, _LARGE),
    "status": _whole(200, 599),
    "code": _whole(1, 9_999),
    "after": lambda value: isinstance(value, bool),
    "body": _one_of("envelope", "html", "empty"),
    "retry_after": _whole(0, _DAY),
    "seconds": _number(0, _DAY),
    "location": _word,
    "url": _word,
    "keep": _number(0, _LARGE),
    "at": _number(0, _LARGE),
    "bytes_per_second": _whole(1, _LARGE),
    "kind": _one_of(*ARCHIVES),
    "mode": _one_of("verbatim", "defaults", "altered", "none"),
}


@dataclass(slots=True)
class Fault:
    """One instruction. It leaves the first `skip` matching calls alone and strikes `times` times; 0 is for ever."""

    name: str
    method: str
    path: str
    times: int
    skip: int
    options: JsonObject

    def strikes(self, method: str, path: str) -> bool:
        """Whether this call is hit; counts the calls that match."""
        if self.times < 0 or not fnmatchcase(method, self.method) or not fnmatchcase(path, self.path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        # 0 stays 0: for ever. 1 becomes -1: used up.
        self.times = {0: 0, 1: -1}.get(self.times, self.times - 1)
        return True

    def shown(self) -> JsonObject:
        """The instruction as it was given, with what is left of it."""
        common = {"fault": self.name, "method": self.method, "path": self.path, "times": self.times, "skip": self.skip}
        return common | self.options


class Faults:
    """The instructions of this process, in the order in which they came."""

    def __init__(self, nodes: Iterable[JsonObject]) -> None:
        self._faults = [parse_fault(node) for node in nodes]
        self._lock = threading.Lock()

    def install(self, nodes: JsonValue) -> None:
        """Add one instruction or a list of them."""
        found = [parse_fault(node) for node in (nodes if isinstance(nodes, list) else [nodes])]
        with self._lock:
            self._faults += found

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that strike this call."""
        with self._lock:
            return [fault for fault in self._faults if fault.strikes(method, path)]

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._faults.clear()

    def shown(self) -> list[JsonObject]:
        """Every instruction that still can strike."""
        with self._lock:
            return [fault.shown() for fault in self._faults if fault.times >= 0]


def parse_fault(node: JsonValue) -> Fault:
    """An instruction, checked: a misspelt fault would be a test that tests nothing."""
    name = node.get("fault") if isinstance(node, dict) else None
    if not isinstance(name, str) or name not in KNOWN:
        raise bad_request(f"fault is one of {', '.join(KNOWN)}")
    route, options = KNOWN[name]
    common: JsonObject = dict(zip(("method", "path", "times", "skip"), (*route, 1, 0), strict=True))
    given = {key: value for key, value in node.items() if key != "fault"}
    for key, value in given.items():
        if key not in common and key not in options:
            raise bad_request(f"{name} does not take {key[:40]}; it takes {', '.join((*common, *options))}")
        # Only here is a status a word: that of a job.
        allowed = _word if (name, key) == ("job_status", "status") else _ALLOWED[key]
        if not allowed(value):
            raise bad_request(f"{name}: {key} cannot be {str(value)[:100]}")
    common |= {key: value for key, value in given.items() if key in common}
    return Fault(name, **common, options={key: value for key, value in given.items() if key in options})
