"""A run: every selected export of every spec, planned and carried out side by side, stopped cleanly when asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import anyio

from runner.counted import counted
from runner.files.destination import destination_of, reach
from runner.files.parquet import need_parquet
from runner.plan import again
from runner.plan.discovery import resolve
from runner.plan.exports import exports_of
from runner.plan.model import PlannedExport
from runner.plan.planner import Planner
from runner.run.budget import Budget, failed_fast
from runner.run.collect import Collector
from runner.run.combine import Combiner
from runner.run.current import Currents
from runner.run.events import Event
from runner.run.executors import THREADS, open_executor
from runner.run.lifecycle import Lifecycle
from runner.run.outcome import Outcome, RunResult
from runner.run.placing import Placer
from runner.run.review import prepare_all
from runner.run.schedule import Schedule
from runner.run.slots import Slots
from runner.run.submit import Patience, Submitter
from runner.run.whole import Assembler
from runner.run.workshop import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from runner.errors import EarlyStop
    from runner.plan.decide import Wishes
    from runner.plan.reviewed import Reviewed
    from runner.plan.work import Work
    from runner.run.combine import Combined
    from runner.run.events import Listener
    from runner.run.executors import Executor
    from runner.run.review import Prepared
    from runner.run.stop import Stop
    from runner.spec.model import Project, Spec
    from runner.spec.select import Selection
    from runner.state.store import State

# Projects that are planned at once: as many as the pace lets ask within a second, since one alone waits for answers.
FEWEST_PLANNERS, MOST_PLANNERS = 4, 32
# Exports that are carried at once, besides those in a job or download slot: the ones waiting for a slot.
WAITING = 8


@dataclass(frozen=True, slots=True)
class Command:
    """What the command line asks of a run. `taken` are the paths that its exports write, over all its specs.

    With a `reviewed` plan it does exactly that, or nothing. Without `wait` it ends when everything is submitted. The
    `executor` is where files are worked on.
    """

    selection: Selection
    wishes: Wishes
    stop: Stop
    tell: Listener
    patience: Patience = field(default_factory=Patience)
    taken: dict[str, str] = field(default_factory=dict)
    reviewed: Reviewed | None = None
    wait: bool = True
    executor: str = THREADS


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


async def run_spec(
    work: Work, command: Command, executor: Executor, prepared: Prepared | None, halted: EarlyStop | None
) -> RunResult:
    """Carry out one spec; returns when nothing is left to do or may be submitted, which is nothing where `halted`."""
    resolved = prepared.resolved if prepared else await resolve(work.spec, work.api)
    if command.wishes.again:
        again.begin(work.state, work.spec.name)
    planner = prepared or Planner(resolved.spec, work.api, work.identity, work.state, command.wishes)
    budget = Budget(work.state, command.stop, command.selection.shard, work.spec.api)
    if halted:
        budget.stop(halted)
    outcomes: list[Outcome] = []
    work.state.claims.open()
    sweep(work.state)
    _look_again(work.state, resolved.spec, command.selection)
    _tell_found(work.spec, resolved.spec, command)
    try:
        async with anyio.create_task_group() as group:
            schedule = Schedule(work.api, work.spec.poll, command.tell)
            group.start_soon(schedule.serve)
            lifecycle = _lifecycle(work, schedule, budget, command, executor, None if command.wait else group)
            for project, error in resolved.failed:
                unresolved = planner.unresolved(project, command.selection, error)
                outcomes += [await lifecycle.carry(planned) for planned in unresolved]
            currents = Currents(work.state, command.tell, command.stop, command.taken)
            await _carry_all(resolved.spec, planner, command.selection, _Carrier(lifecycle, currents, outcomes))
            group.cancel_scope.cancel()
        combiner = Combiner(resolved.spec, work.state, command.stop, command.tell)
        combined = await combiner.combine_all(outcomes, command.selection)
    finally:
        work.state.claims.close()
    result = RunResult(tuple(sorted(outcomes, key=lambda outcome: outcome.planned.name)), budget.stopped, combined)
    if result.ended:
        work.state.pins.release(planner.pins)
    if command.wishes.again and result.submitted:
        again.end(work.state, work.spec.name)
    return result


def _tell_found(asked: Spec, found: Spec, command: Command) -> None:
    """How much there is to do beyond what the spec names: only now is it known."""
    projects = found.projects[len(asked.projects) :]
    exports = sum(1 for each in projects for _ in exports_of(found, each, command.selection))
    if projects:
        text = f"{counted(len(projects), 'project')} that the spec does not name"
        command.tell(Event("found", "", text, {"exports": exports}))


def _look_again(state: State, spec: Spec, selection: Selection) -> None:
    """What an earlier run refused is no longer news: this one says what it finds."""
    labels = {(each.org, each.project): each.labels for each in spec.projects}
    for record in state.exports.refused(spec.name):
        own = labels.get((record.org, record.project), ())
        if selection.matches(record.org, record.project, record.export, own):
            state.exports.forget(record.path)


def _lifecycle(
    work: Work, schedule: Schedule, budget: Budget, command: Command, executor: Executor, leaving: TaskGroup | None
) -> Lifecycle:
    limits, tell = work.spec.limits, command.tell
    placer = Placer(work.api, work.state, command.stop, limits.downloads)
    accept_rows = command.wishes.accept_rows
    collector = Collector(work.api, work.state, placer, executor, limits.downloads, tell, accept_rows=accept_rows)
    submitter = Submitter(work.api, work.state, budget, command.stop, tell, command.patience)
    return Lifecycle(
        work.state,
        Slots(work.api, work.state.jobs, submitter, schedule, limits.jobs),
        placer,
        collector,
        Assembler(work.api, work.state, placer, tell, command.stop, accept_rows=accept_rows),
        budget,
        tell,
        command.wishes,
        command.taken,
        leaving,
    )


async def _carry_all(spec: Spec, planner: Planner | Prepared, selection: Selection, carrier: _Carrier) -> None:
    """Planners feed carriers: the first jobs are under way while the last projects are still being sized."""
    send, receive = anyio.create_memory_object_stream[PlannedExport](0)
    projects = iter(spec.projects)
    async with anyio.create_task_group() as group, send, receive:
        for _ in range(spec.limits.jobs + spec.limits.downloads + WAITING):
            group.start_soon(carrier.carry_some, receive.clone())
        receive.close()
        async with anyio.create_task_group() as planners:
            for _ in range(_planners(spec)):
                planners.start_soon(_plan_some, projects, planner, selection, carrier, send.clone())
        send.close()


def _planners(spec: Spec) -> int:
    return max(FEWEST_PLANNERS, min(MOST_PLANNERS, int(spec.limits.requests_per_second)))


async def _plan_some(
    projects: Iterator[Project],
    planner: Planner | Prepared,
    selection: Selection,
    carrier: _Carrier,
    send: MemoryObjectSendStream[PlannedExport],
) -> None:
    async with send:
        for project in projects:
            async for planned in planner.plan(project, selection):
                if planned.wanted is None:
                    # Nothing to wait for.
                    await carrier.carry(planned)
                else:
                    await send.send(planned)


@dataclass(frozen=True, slots=True)
class _Carrier:
    """Carries what is planned, and has the stable names follow."""

    lifecycle: Lifecycle
    currents: Currents
    outcomes: list[Outcome]

    async def carry_some(self, receive: MemoryObjectReceiveStream[PlannedExport]) -> None:
        async with receive:
            async for planned in receive:
                await self.carry(planned)

    async def carry(self, planned: PlannedExport) -> None:
        outcome = await self.lifecycle.carry(planned)
        self.outcomes.append(await self.currents.keep(outcome))
