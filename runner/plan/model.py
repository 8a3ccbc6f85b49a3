"""What a run would do: one value for each export, with the action and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.errors import EarlyStop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.botify.answers import Job
    from runner.bql.asked import Asked
    from runner.bql.request import Request
    from runner.errors import BqlrunError
    from runner.spec.model import Spec
    from runner.state.exports import ExportRecord

# submit: pay for a new job · resume: go on with one · download: fetch what a finished one left · skip · refuse
Action = Literal["submit", "resume", "download", "skip", "refuse"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An export whose size is known: what is asked for, how many rows that is, and where the file goes.

    `api` is the identity of the API; `rows` is None where the API does not count; `depth` is how the plan shows the
    choice of depths. `terms` are given where a run with the same ones need not plan it again.
    """

    spec: Spec
    api: str
    asked: Asked
    request: Request
    fingerprint: str
    path: str
    rows: int | None
    depth: str | None
    size_reason: str
    warning: str | None = None
    terms: str | None = None

    @property
    def style(self) -> str:
        """Format and header: what makes another file of the same job."""
        output = self.asked.export.output
        return f"{output.format} {output.header} {_display_names(self.request)}"

    @property
    def cost(self) -> float | None:
        """Credits that its job takes, None where nobody knows the number of rows; without a job, none."""
        if self.request.listed:
            return 0
        return None if self.rows is None else round(self.rows * self.asked.kind.credits_per_row, 1)

    @property
    def charge(self) -> float:
        """What a budget counts: the cost, or the most that one job can come to where nobody knows the rows."""
        if self.cost is not None:
            return self.cost
        return float(self.request.payload["export_size"] * self.asked.kind.credits_per_row)

    @property
    def beyond_a_day(self) -> EarlyStop | None:
        """Why its job is never submitted: a whole day's budget is not enough for it. None where it is."""
        limits = self.spec.api.account(self.asked.project.org).limits
        if limits.credits_per_day is None or self.charge <= limits.credits_per_day:
            return None
        shared = f", this one's part of it among {limits.machines} shards" if limits.machines > 1 else ""
        return EarlyStop(
            f"it takes {self.charge:,.0f} credits, and credits_per_day allows {limits.credits_per_day:,.0f}{shared}:"
            " no day is enough for it",
            "raise credits_per_day, narrow the export, or run it without --shard"
            if shared
            else "raise credits_per_day, or narrow the export",
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an export, and why.

    `job` is the id of the job that is used, `adopts` that job where it is new to the state file. `known` are the jobs
    that might be taken for a submission's result and cannot be it; `listed` are all that the account had when it was
    looked through, None where nobody looked. `renew` asks for a new job though one is known.
    """

    action: Action
    reason: str
    job: str | None = None
    adopts: Job | None = None
    known: frozenset[str] = frozenset()
    listed: frozenset[str] | None = None
    record: ExportRecord | None = None
    renew: bool = False


@dataclass(frozen=True, slots=True)
class PlannedExport:
    """One line of the plan. `wanted` and `decision` are None where it could not come so far: `error` says why.

    Neither is `wanted` known where an earlier run has done it and nothing can have changed.
    `parts` are the disjoint exports that a whole is put together from; `partition` is a part's name.
    """

    spec: Spec
    org: str
    project: str
    analysis: str
    export: str
    labels: tuple[str, ...]
    wanted: Wanted | None = None
    decision: Decision | None = None
    error: BqlrunError | None = None
    partition: str | None = None
    parts: tuple[PlannedExport, ...] = ()

    @property
    def action(self) -> Action:
        """What a run would do."""
        return self.decision.action if self.decision else "refuse"

    @property
    def path(self) -> str | None:
        """Where its file goes, or is; None where it could not come so far."""
        record = self.decision.record if self.decision else None
        return self.wanted.path if self.wanted else record.path if record else None

    @property
    def cost(self) -> float | None:
        """Credits that a run would spend on it: only a new job costs anything."""
        if self.action != "submit" or self.wanted is None:
            return 0
        return self.wanted.cost

    @property
    def reason(self) -> str:
        """Why, in words: the decision's reason and every warning, or the error."""
        if self.error:
            return str(self.error)
        return "; ".join([self.decision.reason if self.decision else "", *self.warnings])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know before it runs."""
        record = self.decision.record if self.decision else None
        if self.wanted is None:
            return (record.warning,) if record and record.warning else ()
        beyond = self.wanted.beyond_a_day if self.action == "submit" else None
        return tuple(filter(None, (self.wanted.warning, str(beyond) if beyond else None)))

    @property
    def name(self) -> str:
        """How people are told of it: org/project/analysis:export, and which part."""
        part = f" [{self.partition}]" if self.partition else ""
        return f"{self.org}/{self.project}/{self.analysis}:{self.export}{part}"


def lines(plan: Sequence[PlannedExport]) -> list[PlannedExport]:
    """What a plan shows: every export, and in a whole's place its parts."""
    return [line for planned in plan for line in planned.parts or (planned,)]


def _display_names(request: Request) -> str:
    """The display names of the columns: they change the file and not the job."""
    return ",".join(name or "" for _, name in request.columns)
