"""Exports that may ask for the same under several names belong to one shard, so that nothing is paid for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runner.bql.asked import Asked
from runner.bql.depth import DepthChoice
from runner.bql.request import request
from runner.errors import UsageError
from runner.plan.analyses import rule_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.spec.model import Export, Project, Spec

# The crawl and the depths that are written down; None where only the API tells.
_Written: TypeAlias = tuple[str | None, tuple[int | None, int | None] | None]


def homes(spec: Spec, project: Project, exports: Sequence[Export]) -> dict[str, Export]:
    """For each export's name, the export whose shard does it: the first one that may ask for the same.

    What only the API tells, a newest crawl or a safe depth, may come to whatever another one writes down. A table over
    all projects stays where it is, and draws the others to it.
    """
    groups: dict[str, list[Export]] = {}
    for export in sorted(exports, key=lambda each: not each.combine):
        groups.setdefault(_question(spec, project, export), []).append(export)
    found = {}
    for group in groups.values():
        written = {each.name: _written(spec, project, each) for each in group}
        known = [None not in column for column in zip(*written.values(), strict=True)]
        first: dict[tuple[object, ...], Export] = {}
        for each in group:
            same = tuple(value for value, kept in zip(written[each.name], known, strict=True) if kept)
            home = first.setdefault(same, each)
            found[each.name] = each if each.combine else home
    return found


def _question(spec: Spec, project: Project, export: Export) -> str:
    """What identifies the export, with one placeholder for any crawl and another for any depths."""
    asked = Asked(project, export, "<analysis>", spec.vars, "<comparison>")
    depth = DepthChoice(None, "<depth>", 0, "") if asked.needs_depth else None
    try:
        return request(asked, depth, 1).fingerprint("", None)
    except UsageError:
        # A template that reckons with a crawl's date cannot do it with a placeholder: it is like no other.
        return export.name


def _written(spec: Spec, project: Project, export: Export) -> _Written:
    slugs = rule_for(project, export, spec.defaults).slugs
    depth = export.depth or spec.defaults.depth
    return slugs[0] if len(slugs) == 1 else None, (depth.min, depth.max) if depth.kind == "band" else None
