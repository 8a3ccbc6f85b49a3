"""Misbehaviour on demand: what to do wrong, on which route, how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runner.emulator.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.jsonvalue import JsonObject, JsonValue

_ANY = ("*", "/v1/*")
_CREATE = ("POST", "/v1/jobs")
_DOWNLOAD = ("GET", "/export_data/*")
_COMMON = {"fault", "method", "path", "times", "skip"}
_NUMBER, _TEXT, _YES = (int, float), (str,), (bool,)

# Each fault, the route it is for where none is given, and the options it takes.
KNOWN: dict[str, tuple[tuple[str, str], dict[str, tuple[type, ...]]]] = {
    "status": (_ANY, {"status": _NUMBER, "code": _NUMBER, "after": _YES, "body": _TEXT, "retry_after": _NUMBER}),
    "html": (_ANY, {"status": _NUMBER, "after": _YES}),
    "delay": (_ANY, {"seconds": _NUMBER}),
    "reset_before": (_CREATE, {}),
    "reset_after": (_CREATE, {}),
    "reset_late": (_CREATE, {"seconds": _NUMBER}),
    "redirect": (_ANY, {"location": _TEXT, "status": _NUMBER}),
    "truncated": (_DOWNLOAD, {"keep": _NUMBER}),
    "corrupt": (_DOWNLOAD, {"at": _NUMBER}),
    "drip": (_DOWNLOAD, {"bytes_per_second": _NUMBER}),
    "archive": (_DOWNLOAD, {"kind": _TEXT}),
    "expired": (_DOWNLOAD, {}),
    "job_failed": (_CREATE, {}),
    "job_hangs": (_CREATE, {}),
    "job_null_results": (_CREATE, {}),
    "job_status": (_CREATE, {"status": _TEXT}),
    "job_url": (_CREATE, {"url": _TEXT}),
    "echo": (_CREATE, {"mode": _TEXT}),
}
ARCHIVES = ("gzip", "zip", "plain", "multi_member", "hostile_names", "bomb", "short", "ragged", "empty")
_CHOICES = {"kind": ARCHIVES, "mode": ("verbatim", "defaults", "none"), "body": ("envelope", "html", "empty")}


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
    (method, path), options = KNOWN[name]
    given = {key: value for key, value in node.items() if key not in _COMMON}
    for key, value in given.items():
        _check_option(name, key, value, options)
    times, skip = node.get("times", 1), node.get("skip", 0)
    if not isinstance(times, int) or not isinstance(skip, int) or min(times, skip) < 0:
        raise bad_request("times and skip are numbers from 0")
    return Fault(name, str(node.get("method", method)), str(node.get("path", path)), times, skip, given)


def _check_option(name: str, key: str, value: JsonValue, options: dict[str, tuple[type, ...]]) -> None:
    if key not in options:
        raise bad_request(f"{name} does not take {key}; it takes {', '.join(sorted(options)) or 'no options'}")
    if not isinstance(value, options[key]) or value not in _CHOICES.get(key, (value,)):
        raise bad_request(f"{name}: {key} cannot be {value!r}")
    if key == "status" and name != "job_status" and value not in range(200, 600):
        raise bad_request(f"{name}: status is a number from 200 to 599")
