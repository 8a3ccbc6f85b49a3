"""What a report shows of each export: what the state file knows, and how a run's exports ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.bql.sizing import distribution

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.bql.depth import DepthDistribution
    from runner.run.outcome import Outcome
    from runner.state.exports import ExportRecord
    from runner.state.moments import Phase
    from runner.state.store import State


@dataclass(frozen=True, slots=True)
class Reported:
    """One export as a report shows it. `counts` is the depth distribution that it was cut from, where it is known."""

    org: str
    project: str
    analysis: str
    export: str
    status: str
    rows: int | None = None
    bytes: int | None = None
    credits: float = 0.0
    path: str | None = None
    error: str | None = None
    depth: str | None = None
    counts: DepthDistribution | None = None
    phases: Mapping[Phase, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How people are told of it."""
        return f"{self.org}/{self.project}/{self.analysis}:{self.export}"


def of_state(state: State) -> list[Reported]:
    """Every export that the state file knows; a whole, not its parts."""
    phases = state.moments.all()
    return [_of_record(state, record, phases) for record in state.exports.all() if record.partition is None]


def of_run(state: State, outcomes: Iterable[Outcome]) -> list[Reported]:
    """A run's exports, also those that came to nothing before the state file heard of them."""
    phases = state.moments.all()
    return [_of_outcome(state, outcome, phases) for outcome in outcomes]


def _of_outcome(state: State, outcome: Outcome, phases: Mapping[str, Mapping[Phase, float]]) -> Reported:
    planned, error = outcome.planned, str(outcome.error) if outcome.error else None
    if outcome.record:
        return _of_record(state, outcome.record, phases, status=outcome.status, error=error)
    return Reported(
        planned.org, planned.project, planned.analysis, planned.export, outcome.status, path=planned.path, error=error
    )


def _of_record(
    state: State,
    record: ExportRecord,
    phases: Mapping[str, Mapping[Phase, float]],
    *,
    status: str | None = None,
    error: str | None = None,
) -> Reported:
    return Reported(
        org=record.org,
        project=record.project,
        analysis=record.analysis,
        export=record.export,
        status=status or record.status,
        rows=record.rows,
        bytes=record.bytes,
        credits=state.jobs_of(record.api).credits_of(record.job_ids),
        path=record.file,
        error=error or record.error,
        depth=record.depth,
        counts=_counts(state, record),
        phases=phases.get(record.path, {}),
    )


def _counts(state: State, record: ExportRecord) -> DepthDistribution | None:
    if record.counted is None:
        return None
    rows = state.distributions_of(record.api).get(record.org, record.project, record.counted)
    return distribution([(row[0], row[1]) for row in rows]) if rows else None
