"""Planners feed carriers: a spec's first jobs are under way while its last projects are still being sized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from runner.plan.model import PlannedExport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from runner.plan.planner import Planner
    from runner.run.current import Currents
    from runner.run.lifecycle import Lifecycle
    from runner.run.outcome import Outcome
    from runner.run.review import Prepared
    from runner.spec.model import Project, Spec
    from runner.spec.select import Selection

# Projects that are planned at once: as many as the pace lets ask within a second, since one alone waits for answers.
FEWEST_PLANNERS, MOST_PLANNERS = 4, 32
# Exports that are carried at once, besides those in a job or download slot: the ones waiting for a slot.
WAITING = 8


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries what is planned, and has the stable names follow; `outcomes` grows with each that ended."""

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


async def carry_all(spec: Spec, planner: Planner | Prepared, selection: Selection, carrier: Carrier) -> None:
    """Plan and carry every selected export of a spec. Nothing is planned before a carrier is free to take it."""
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
    carrier: Carrier,
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
