"""A plan as a file: what somebody reviewed, and how what a run would do now differs from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import __version__
from runner.errors import UsageError
from runner.files.durable import write_whole
from runner.plan.model import lines
from runner.schemacheck import violations
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.plan.model import PlannedExport

FORMAT = 1
# No plan comes near it: what is larger was not written here.
_LARGEST = 256 << 20
# More differences than these are only counted.
_SHOWN = 10
# Of a part of a payload, in characters.
_LONGEST = 200
# What each action costs at most, compared with the others.
_COST = {"skip": 0, "refuse": 0, "download": 1, "resume": 2, "submit": 3}
_AGAIN = "`bqlrun plan --out FILE` writes a new one to review"


@dataclass(frozen=True, slots=True)
class Asking:
    """The command that a plan is of: its specs, what it selects, what it says about doing things again, its shard."""

    specs: tuple[str, ...]
    select: tuple[str, ...]
    exclude: tuple[str, ...]
    force: bool
    adopt: bool
    shard: str | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan that was read back: where from, the command it is of, and its lines."""

    source: str
    asking: Asking
    exports: tuple[JsonObject, ...]


def write_plan(path: Path, plan: Sequence[PlannedExport], asking: Asking) -> None:
    """Write it, whole or not at all. Raises UsageError."""
    value = {
        "format": FORMAT,
        "version": __version__,
        "written_at": now(),
        "command": {
            "specs": list(asking.specs),
            "select": list(asking.select),
            "exclude": list(asking.exclude),
            "force": asking.force,
            "adopt": asking.adopt,
            "shard": asking.shard,
        },
        "exports": [_line(each) for each in lines(plan)],
    }
    try:
        write_whole(path, json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}", "name another file with --out") from error


def read_plan(path: Path) -> Reviewed:
    """The plan in a file. Raises UsageError for what is no plan, or one of another version."""
    value = _json(path)
    if not isinstance(value, dict) or not {"format", "command", "exports"} <= value.keys():
        raise UsageError(f"{path} is no plan", _AGAIN)
    if value["format"] != FORMAT:
        raise UsageError(f"{path} has format {value['format']!r:.20}, and this version knows {FORMAT}", _AGAIN)
    broken = next(violations("plan", value), None)
    if broken:
        place = ".".join(map(str, broken.path)) or "the whole"
        raise UsageError(f"{path} is no plan as bqlrun writes it, at {place}: {broken.message:.120}", _AGAIN)
    return Reviewed(str(path), _asking(value["command"]), tuple(value["exports"]))


def _asking(command: JsonObject) -> Asking:
    specs, select, exclude = (tuple(command[key]) for key in ("specs", "select", "exclude"))
    return Asking(specs, select, exclude, force=command["force"], adopt=command["adopt"], shard=command["shard"])


def _json(path: Path) -> object:
    try:
        with path.open("rb") as source:
            return json.loads(source.read(_LARGEST))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", _AGAIN) from error
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no plan: it is not JSON", _AGAIN) from None


def require_same(reviewed: Reviewed, plan: Sequence[PlannedExport]) -> None:
    """Raise UsageError, with what differs, where a run would not do exactly what was reviewed."""
    found = list(differences(reviewed, plan))
    if not found:
        return
    more = [f"  and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else []
    shown = "\n".join([*(f"  {each}" for each in found[:_SHOWN]), *more])
    raise UsageError(f"nothing was submitted: {reviewed.source} is not what a run would do now; {_AGAIN}\n{shown}")


def differences(reviewed: Reviewed, plan: Sequence[PlannedExport]) -> Iterator[str]:
    """One sentence for each export that a run would not do as it was reviewed."""
    before = {_name(each): each for each in reviewed.exports}
    after = {_name(each): each for each in map(_line, lines(plan))}
    for name, line in after.items():
        if name not in before:
            yield f"{name}: {line['action']}, and was not in the plan"
            continue
        changed = _changed(before[name], line)
        if changed:
            yield f"{name}: {changed}"
    yield from (f"{name}: in the plan, and not selected now" for name in before if name not in after)


def _changed(before: JsonObject, after: JsonObject) -> str | None:
    """What makes one line another; doing less than was reviewed, as after a run of the same plan, is no change."""
    if before["fingerprint"] and not after["fingerprint"]:
        return f"it cannot be planned any more: {after['reason']}"
    for key, called in (("payload", "it asks for something else"), ("fingerprint", "it asks for something else")):
        if before[key] != after[key]:
            return f"{called}: {_contrast(before, after)}"
    for key in ("path", "style"):
        if before[key] != after[key]:
            return f"{key} {before[key]} was reviewed, {after[key]} now"
    if _COST[after["action"]] > _COST[before["action"]]:
        return f"{before['action']} was reviewed, {after['action']} now: {after['reason']}"
    if after["action"] == "submit" and (after["credits"] or 0) > (before["credits"] or 0):
        return f"{before['credits']} credits were reviewed, {after['credits']} now"
    return None


def _contrast(before: JsonObject, after: JsonObject) -> str:
    """How two questions differ: by what they bring, or else by the first part of their payloads that does."""
    if _told(before) != _told(after):
        return f"{_told(before)} was reviewed, {_told(after)} now"
    for name, old, new in _parts_that_differ("payload", before["payload"], after["payload"]):
        return f"{name} {_cut(old)} was reviewed, {_cut(new)} now"
    return "another API or kind of job was reviewed"


def _parts_that_differ(name: str, before: JsonValue, after: JsonValue) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _parts_that_differ(f"{name}.{key}", before.get(key), after.get(key))
    elif before != after:
        yield name, before, after


def _cut(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _told(line: JsonObject) -> str:
    depth = f"depth {line['depth']}, " if line["depth"] else ""
    rows = f"{line['rows']:,} rows" if line["rows"] is not None else "unknown rows"
    return f"{depth}{rows}"


def _name(line: JsonObject) -> str:
    part = f" [{line['partition']}]" if line["partition"] else ""
    return f"{line['spec']} {line['org']}/{line['project']}/{line['analysis']}:{line['export']}{part}"


def _line(planned: PlannedExport) -> JsonObject:
    wanted = planned.wanted
    return {
        "spec": planned.spec.name,
        "org": planned.org,
        "project": planned.project,
        "analysis": planned.analysis,
        "export": planned.export,
        "partition": planned.partition,
        "depth": wanted.depth if wanted else None,
        "rows": wanted.rows if wanted else None,
        "credits": planned.cost,
        "action": planned.action,
        "reason": planned.reason,
        "api": wanted.api if wanted else None,
        "fingerprint": wanted.fingerprint if wanted else None,
        "style": wanted.style if wanted else None,
        "path": wanted.path if wanted else None,
        "payload": wanted.request.payload if wanted else None,
    }
