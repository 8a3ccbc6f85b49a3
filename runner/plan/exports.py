"""Which exports a project gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.bql.asked import Asked
    from runner.spec.model import Export, Project, Spec
    from runner.spec.select import Selection


def exports_of(spec: Spec, project: Project, selection: Selection) -> Iterator[Export]:
    """The exports that a project gets: its labels satisfy their `where`, and the command line selects them.

    Of several machines, each gets its share.
    """
    labelled = [export for export in spec.exports if set(export.labels) <= set(project.labels)]
    home = _homes(spec, project, labelled) if selection.shard.of > 1 else {}
    for export in labelled:
        selected = selection.matches(project.org, project.project, export.name, project.labels)
        if selected and selection.shard.has(spec, project, home.get(export.name, export)):
            yield export


def _homes(spec: Spec, project: Project, labelled: Sequence[Export]) -> dict[str, Export]:
    """Loaded by a shard alone: it renders what the exports ask, and `validate` renders nothing."""
    from runner.plan.homes import homes

    return homes(spec, project, labelled)


def rows_limit(spec: Spec, asked: Asked) -> int:
    """The most rows that one job of an export may have: what the account may, and what its kind of job takes."""
    account = spec.api.account(asked.project.org).limits.rows_per_export
    return min(account, asked.kind.most_rows or account)
