"""The terms of an export: whatever in a spec decides what is asked for and where its file goes, as a digest.

Where a finished crawl was exported under the same terms, planning it again comes to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import __version__
from runner.bql.kinds import KINDS, kind_of
from runner.jsonvalue import digest

if TYPE_CHECKING:
    from runner.bql.request import Request
    from runner.spec.model import Export, Project, Spec


class Terms:
    """The terms of one spec's exports: worked out once for all projects that differ in nothing but their names."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._known: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def of(self, project: Project, export: Export) -> str:
        """Its terms in this project; the names of both, and of the spec, are no part of them."""
        key = (export.name, project.org, project.labels)
        if key not in self._known:
            self._known[key] = digest(_terms(self._spec, project, export))
        return self._known[key]


def are_lasting(export: Export, request: Request) -> bool:
    """Whether the same terms and the same crawl always come to the same plan, and nothing but the file is wanted.

    Not where anything but the crawl is read, a template of one's own, or a second crawl; nor where other files are
    made of this one.
    """
    derived = export.combine or export.output.current
    alone = export.template in KINDS and not kind_of(export.template).comparison
    return alone and not (request.moves or request.listed or derived)


def _terms(spec: Spec, project: Project, export: Export) -> list[object]:
    depth, output = export.depth or spec.defaults.depth, export.output
    return [
        # Another version may render, size or place it otherwise.
        __version__,
        spec.vars,
        spec.api.account(project.org).limits.rows_per_export,
        project.labels,
        export.template,
        [[field.path, field.name] for field in export.fields],
        export.metrics,
        export.filters,
        [[sort.field, sort.order] for sort in export.sort],
        [export.depth is None, depth.kind, depth.min, depth.max],
        [[period.last_days, period.start, period.end] for period in export.periods],
        export.mode,
        export.combine,
        [output.dir, output.path, output.format, output.header, output.current],
    ]
