"""A run: the specs of a command, one after the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runner.files.destination import destination_of, reach
from runner.files.parquet import need_parquet
from runner.run.budget import failed_fast
from runner.run.executors import open_executor
from runner.run.outcome import Outcome, RunResult
from runner.run.review import prepare_all
from runner.run.specrun import run_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.errors import EarlyStop
    from runner.plan.work import Work
    from runner.run.command import Command
    from runner.run.outcome import Combined
    from runner.run.review import Prepared


async def run_specs(works: Sequence[Work], command: Command) -> RunResult:
    """Carry out several specs, one after the other; a limit that one of them reached does not end the next."""
    if any(export.output.format == "parquet" for work in works for export in work.spec.exports):
        need_parquet()
    await _check_destinations(works)
    outcomes: list[Outcome] = []
    combined: list[Combined] = []
    early_stop = None
    prepared: Sequence[Prepared | None] = [None] * len(works)
    if command.reviewed:
        prepared = await prepare_all(works, command.selection, command.wishes, command.reviewed)
    for work in works:
        work.state.jobs.begin()
    async with open_executor(command.executor, command.stop) as executor:
        for work, planned in zip(works, prepared, strict=True):
            result = await run_spec(work, command, executor, planned, _halted(command, outcomes))
            outcomes.extend(result.outcomes)
            combined.extend(result.combined)
            early_stop = early_stop or result.early_stop
    return RunResult(tuple(outcomes), early_stop, tuple(combined))


async def _check_destinations(works: Sequence[Work]) -> None:
    """What cannot take files is known before anything is paid for."""
    roots = {export.output.dir for work in works for export in work.spec.exports}
    for root in sorted(roots):
        await reach(root, partial(destination_of(root).check, root))


def _halted(command: Command, outcomes: Sequence[Outcome]) -> EarlyStop | None:
    """Why the next spec submits nothing, where an export of an earlier one failed and that is to be enough."""
    failed = next((each for each in outcomes if each.error), None) if command.wishes.fail_fast else None
    return failed_fast(failed.planned.name) if failed else None
