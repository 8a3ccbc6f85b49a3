"""What a URL tells by itself: its parts, and the segments it falls into. The same in every collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.sqltext import quoted

if TYPE_CHECKING:
    from runner.emulator.world import Project


def address_columns(project: Project) -> dict[str, str]:
    """Columns over `key`."""
    host = quoted(project.host)
    own = {f"segments.{name}.value": _segment(name, values) for name, values in project.segments.items()}
    return {
        "url": f"url_of({host}, key)",
        "protocol": "protocol_of(key)",
        "host": f"host_of({host}, key)",
        "path": "path_of(key)",
        "segments.pagetype.value": "page_type(key)",
        "segments.pagetype.depth_1": "page_type(key)",
        "segments.section.value": "section_of(key) || CASE mix(key, 5) % 3 WHEN 0 THEN '/new' ELSE '/all/sale' END",
        "segments.section.depth_1": "section_of(key)",
    } | own


def _segment(name: str, values: tuple[str, ...]) -> str:
    salt = 1_000 + sum(name.encode())
    cases = " ".join(f"WHEN {index} THEN {quoted(value)}" for index, value in enumerate(values))
    return f"CASE mix(key, {salt}) % {len(values)} {cases} END"
