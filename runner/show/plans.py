"""A plan, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.counted import counted
from runner.plan.age import ages
from runner.plan.model import lines
from runner.show.table import figure, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.jsonvalue import JsonObject
    from runner.plan.model import PlannedExport

HEAD = ("export", "depth", "rows", "credits", "action", "why")


def plan_json(plan: Sequence[PlannedExport]) -> JsonObject:
    """The object that `bqlrun plan --json` prints."""
    return {"exports": [_export_json(line) for line in lines(plan)], "totals": totals(plan)}


def _export_json(planned: PlannedExport) -> JsonObject:
    wanted = planned.wanted
    return {
        "org": planned.org,
        "project": planned.project,
        "analysis": planned.analysis,
        "export": planned.export,
        "partition": planned.partition,
        "labels": list(planned.labels),
        "depth": wanted.depth if wanted else None,
        "rows": wanted.rows if wanted else None,
        "credits": planned.cost,
        "action": planned.action,
        "reason": planned.reason,
        "job": planned.decision.job if planned.decision else None,
        "payload": wanted.request.payload if wanted else None,
        "path": wanted.path if wanted else None,
    }


def totals(plan: Sequence[PlannedExport]) -> JsonObject:
    """Exports, the jobs that a run would create, all rows, the credits that it would spend; the same for each label."""
    labels = sorted({label for planned in plan for label in planned.labels})
    by_label = {label: _sums([planned for planned in plan if label in planned.labels]) for label in labels}
    return {**_sums(plan), **({"labels": by_label} if by_label else {})}


def _sums(plan: Sequence[PlannedExport]) -> JsonObject:
    shown = lines(plan)
    return {
        "exports": len(plan),
        "jobs": sum(planned.action == "submit" for planned in shown),
        "rows": sum((planned.wanted.rows or 0) if planned.wanted else 0 for planned in shown),
        "credits": round(sum(planned.cost or 0 for planned in shown), 1),
    }


def plan_text(plan: Sequence[PlannedExport]) -> str:
    """One line an export, and what it comes to."""
    rows = [_cells(line) for line in lines(plan)]
    sums = totals(plan)
    last = (
        f"{counted(sums['exports'], 'export')}, {figure(sums['rows'])} rows: a run creates"
        f" {counted(sums['jobs'], 'job')} and spends {figure(sums['credits'])} credits"
    )
    refused = sum(planned.action == "refuse" for planned in plan)
    last += f"; {counted(refused, 'export')} refused" if refused else ""
    return f"{table(HEAD, rows, frozenset({2, 3}))}\n\n{last}" if rows else "nothing is selected"


def ages_text(plan: Sequence[PlannedExport]) -> str:
    """How old each crawl of the plan is, a line each."""
    old = ages(plan).items()
    return "\n".join(f"{org}/{project}: crawl {slug}, {counted(days, 'day')} old" for (org, project, slug), days in old)


def _cells(planned: PlannedExport) -> tuple[str, ...]:
    wanted = planned.wanted
    return (
        planned.name,
        (wanted.depth or "") if wanted else "",
        figure(wanted.rows) if wanted else "",
        figure(planned.cost),
        planned.action,
        planned.reason,
    )
