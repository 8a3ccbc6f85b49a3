"""How each export of a run ended, and what that means for the run as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import BqlrunError, EarlyStop, TokenRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.plan.model import PlannedExport
    from runner.state.derived import DerivedFile
    from runner.state.exports import ExportRecord, Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """One export after the run. `record` is what the state file holds of it; `worked` tells that this run did it."""

    planned: PlannedExport
    status: Status
    record: ExportRecord | None = None
    error: BqlrunError | None = None
    worked: bool = False


@dataclass(frozen=True, slots=True)
class Combined:
    """One table over all projects after the run (`combine`).

    `missing` are the exports without which it was not made; `made` is None then.
    """

    export: str
    path: str
    made: DerivedFile | None = None
    missing: tuple[str, ...] = ()
    error: BqlrunError | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """Every outcome, why the run stopped early where it did, and the tables over all projects."""

    outcomes: tuple[Outcome, ...]
    early_stop: EarlyStop | None = None
    combined: tuple[Combined, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether each selected export is done or failed: then the run's pins are let go."""
        return all(outcome.status in {"done", "failed"} for outcome in self.outcomes)

    @property
    def submitted(self) -> bool:
        """Whether nothing is left to be submitted."""
        return all(outcome.status != "pending" for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0, or the first that applies of 2, 3, 1, 4 (a signal comes before, and is not known here)."""
        errors = [each.error for each in self.outcomes if each.error is not None]
        errors += [each.error for each in self.combined if each.error is not None]
        if any(error.exit_code == 2 for error in errors):
            return 2
        if errors and _every_account_refused(self.outcomes):
            return TokenRefused.exit_code
        if errors:
            return 1
        # What is only submitted was to be left so: `run --no-wait`.
        return EarlyStop.exit_code if self.early_stop or not self.submitted else 0


def _every_account_refused(outcomes: Sequence[Outcome]) -> bool:
    """An account is refused when one of its exports was; files that were there before needed no token."""
    refused = {each.planned.org for each in outcomes if isinstance(each.error, TokenRefused)}
    asked = {each.planned.org for each in outcomes if each.worked or each.error is not None}
    return bool(refused) and asked <= refused
