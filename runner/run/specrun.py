"""One spec of a run: its exports planned and carried out side by side, stopped cleanly when asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from runner.counted import counted
from runner.plan import again
from runner.plan.discovery import resolve
from runner.plan.exports import exports_of
from runner.plan.planner import Planner
from runner.run.budget import Budget
from runner.run.carriers import Carrier, carry_all
from runner.run.collect import Collector
from runner.run.columns import Columns
from runner.run.combine import Combiner
from runner.run.current import Currents
from runner.run.events import Event
from runner.run.lifecycle import Lifecycle
from runner.run.outcome import RunResult
from runner.run.placing import Placer
from runner.run.schedule import Schedule
from runner.run.slots import Slots
from runner.run.submit import Submitter
from runner.run.whole import Assembler
from runner.run.workshop import sweep

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from runner.errors import EarlyStop
    from runner.plan.discovery import Resolved
    from runner.plan.work import Work
    from runner.run.command import Command
    from runner.run.executors import Executor
    from runner.run.outcome import Outcome
    from runner.run.review import Prepared


async def run_spec(
    work: Work, command: Command, executor: Executor, prepared: Prepared | None, halted: EarlyStop | None
) -> RunResult:
    """Carry out one spec; returns when nothing is left to do or may be submitted, which is nothing where `halted`."""
    resolved = prepared.resolved if prepared else await resolve(work.spec, work.api)
    if command.wishes.again:
        # Noted before there is a planner, which reads the note to know what is had anew already.
        again.begin(work.state, work.spec.name)
    planner = prepared or Planner(resolved.spec, work.api, work.identity, work.state, command.wishes)
    budget = Budget(work.state, command.stop, command.selection.shard, work.spec.api)
    if halted:
        budget.stop(halted)
    return await SpecRun(work, command, executor, resolved, planner, budget).run()


@dataclass(frozen=True, slots=True)
class SpecRun:
    """A spec that is being carried out; `resolved` has the projects that the API was asked for."""

    work: Work
    command: Command
    executor: Executor
    resolved: Resolved
    planner: Planner | Prepared
    budget: Budget

    async def run(self) -> RunResult:
        """Carry it out; the outcomes are sorted by name. Pins are released when every export is done or failed."""
        state, name = self.work.state, self.work.spec.name
        state.claims.open()
        sweep(state)
        self._look_again()
        self._tell_found()
        try:
            outcomes = await self._carry()
            combiner = Combiner(self.resolved.spec, state, self.command.stop, self.command.tell)
            combined = await combiner.combine_all(outcomes, self.command.selection)
        finally:
            state.claims.close()
        by_name = sorted(outcomes, key=lambda outcome: outcome.planned.name)
        result = RunResult(tuple(by_name), self.budget.stopped, combined)
        if result.ended:
            state.pins.release(self.planner.pins)
        if self.command.wishes.again and result.submitted:
            again.end(state, name)
        return result

    async def _carry(self) -> list[Outcome]:
        work, command = self.work, self.command
        outcomes: list[Outcome] = []
        async with anyio.create_task_group() as group:
            schedule = Schedule(work.api, work.spec.poll, command.tell)
            group.start_soon(schedule.serve)
            lifecycle = self._lifecycle(schedule, None if command.wait else group)
            for project, error in self.resolved.failed:
                unresolved = self.planner.unresolved(project, command.selection, error)
                outcomes += [await lifecycle.carry(planned) for planned in unresolved]
            currents = Currents(work.state, command.tell, command.stop, command.taken)
            carrier = Carrier(lifecycle, currents, outcomes)
            await carry_all(self.resolved.spec, self.planner, command.selection, carrier)
            group.cancel_scope.cancel()
        return outcomes

    def _lifecycle(self, schedule: Schedule, leaving: TaskGroup | None) -> Lifecycle:
        api, state, stop, tell = self.work.api, self.work.state, self.command.stop, self.command.tell
        limits, wishes = self.work.spec.limits, self.command.wishes
        columns = Columns(api)
        placer = Placer(columns, state, stop, limits.downloads)
        collector = Collector(
            api, state, columns, placer, self.executor, limits.downloads, tell, accept_rows=wishes.accept_rows
        )
        submitter = Submitter(api, state, self.budget, stop, tell, self.command.patience)
        return Lifecycle(
            state,
            Slots(api, state.jobs, submitter, schedule, limits.jobs),
            placer,
            collector,
            Assembler(api, state, columns, placer, tell, stop, accept_rows=wishes.accept_rows),
            self.budget,
            tell,
            wishes,
            self.command.taken,
            leaving,
        )

    def _tell_found(self) -> None:
        """How much there is to do beyond what the spec names: only now is it known."""
        found, tell = self.resolved.spec, self.command.tell
        projects = found.projects[len(self.work.spec.projects) :]
        exports = sum(1 for each in projects for _ in exports_of(found, each, self.command.selection))
        if projects:
            text = f"{counted(len(projects), 'project')} that the spec does not name"
            tell(Event("found", "", text, {"exports": exports}))

    def _look_again(self) -> None:
        """What an earlier run refused is no longer news: this one says what it finds."""
        exports, spec = self.work.state.exports, self.resolved.spec
        labels = {(each.org, each.project): each.labels for each in spec.projects}
        for record in exports.refused(spec.name):
            own = labels.get((record.org, record.project), ())
            if self.command.selection.matches(record.org, record.project, record.export, own):
                exports.forget(record.path)
