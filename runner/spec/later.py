"""What the language has and this version does not do yet: refused with its place, never ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.spec.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.document import Document

_VALUES: dict[tuple[str | int, str], str] = {}
Path = tuple[str | int, ...]


def not_yet(document: Document) -> Iterator[Problem]:
    """A problem for everything in a document that is valid and that no run would do."""
    for path, value in _places(document.data):
        what = _refused(path, value)
        if what:
            yield Problem(document.place(path), f"{what}: this version of bqlrun does not do that yet")


def _places(data: JsonObject) -> Iterator[tuple[Path, JsonValue]]:
    """The places where such things may stand, with what stands there."""
    yield from _members(("output",), data.get("output", {}))
    yield from _members(("defaults",), data.get("defaults", {}))
    for index, project in enumerate(data["projects"]):
        if isinstance(project, dict):
            yield from _members(("projects", index), project)
    for index, export in enumerate(data["exports"]):
        yield from _members(("exports", index), export)
        yield from _members(("exports", index, "output"), export.get("output", {}))


def _members(path: Path, value: JsonObject) -> Iterator[tuple[Path, JsonValue]]:
    return (((*path, key), member) for key, member in value.items())


def _refused(path: Path, value: JsonValue) -> str | None:
    key = path[-1]
    if isinstance(value, str) and (key, value) in _VALUES:
        return _VALUES[key, value]
    if key == "dir" and "://" in value:
        return "an object store as output (a folder is there)"
    return None
