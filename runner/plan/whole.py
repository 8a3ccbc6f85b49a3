"""Exports that take several jobs: a whole with its parts, each part planned like any other export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.bql.request import request
from runner.counted import counted
from runner.jsonvalue import digest
from runner.plan.again import had
from runner.plan.decide import decide, finished, is_newer, record_of
from runner.plan.model import Decision, PlannedExport, Wanted
from runner.plan.paths import output_path
from runner.plan.split import parts_of
from runner.spec.model import Output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.bql.asked import Asked
    from runner.bql.partition import Part
    from runner.plan.account_jobs import AccountJobs
    from runner.plan.crawls import ProjectCrawls
    from runner.plan.decide import Wishes
    from runner.spec.model import Spec
    from runner.state.exports import ExportRecord
    from runner.state.store import State


@dataclass(frozen=True, slots=True)
class Wholes:
    """Plans the wholes of one spec; `api` is the API's identity."""

    spec: Spec
    api: str
    state: State
    wishes: Wishes

    async def plan(self, asked: Asked, crawls: ProjectCrawls, account_jobs: AccountJobs) -> PlannedExport:
        """One export in as many jobs as it takes."""
        limit = self.spec.api.account(asked.project.org).limits.rows_per_export
        found = await parts_of(asked, crawls, limit)
        path = output_path(self.spec, asked)
        folder = parts_folder(self.state.work, path)
        parts = [self._part(asked, each, folder, limit) for each in found]
        wanted = self._whole(asked, parts, path)
        decision, decisions = await self._decided(wanted, parts, account_jobs)
        planned = [
            self._planned(asked, part, each, name=name.name)
            for part, each, name in zip(parts, decisions, found, strict=True)
        ]
        return replace(self._planned(asked, wanted, decision), parts=tuple(planned))

    async def _decided(
        self, wanted: Wanted, parts: Sequence[Wanted], account_jobs: AccountJobs
    ) -> tuple[Decision, list[Decision]]:
        """What to do about the whole, and about each of its parts: nothing where the whole is done."""
        record = record_of(wanted, self.state)
        wishes = self._wishes(record, parts)
        again = [is_newer(self.state.jobs.latest(part.fingerprint), record, self.state) for part in parts]
        known = None if wishes.force or all(again) else await finished(wanted, record)
        if known and known.action == "skip":
            decision = _half_renewed(known, again)
            return replace(decision, record=record), [decision] * len(parts)
        # Each part is paid for anew once: not those again that a run had when it was broken off.
        decisions = [
            await decide(part, self.state, account_jobs, replace(wishes, force=wishes.force and not paid))
            for part, paid in zip(parts, self._paid(parts, record, again), strict=True)
        ]
        decision = _together(decisions, known.reason if known else wanted.size_reason)
        return replace(decision, record=record), decisions

    def _paid(self, parts: Sequence[Wanted], record: ExportRecord | None, again: Sequence[bool]) -> list[bool]:
        """Which parts wait for the others: of a whole that was never done, those that are there themselves."""
        under_way = record is None or record.status != "done"
        own = [record_of(part, self.state) for part in parts]
        done = [each is not None and each.status == "done" for each in own]
        return [newer or (under_way and there) for newer, there in zip(again, done, strict=True)]

    def _wishes(self, record: ExportRecord | None, parts: Sequence[Wanted]) -> Wishes:
        """What is provisional is so as a whole: its parts are all exported anew.

        What a run that was broken off has put together anew is done.
        """
        refresh = self.wishes.refresh_provisional and record is not None and bool(record.provisional)
        done = record is not None and record.status == "done"
        anew = done and all(had(self.state.jobs.latest(part.fingerprint), self.wishes.since) for part in parts)
        return replace(self.wishes, force=(self.wishes.force or refresh) and not anew)

    def _part(self, asked: Asked, part: Part, folder: Path, limit: int) -> Wanted:
        """A part's own file lies in the work folder, plain and without a header, until the whole is put together."""
        plain = Output(dir=str(folder), header="none")
        bare = replace(asked, export=replace(asked.export, output=plain))
        asking = request(bare, part, limit)
        fingerprint = asking.fingerprint(self.api, part.rows)
        return Wanted(
            spec=self.spec,
            api=self.api,
            asked=bare,
            request=asking,
            fingerprint=fingerprint,
            path=str(folder / f"{fingerprint[:32]}.csv"),
            rows=part.rows,
            depth=part.name,
            size_reason=f"{part.name} has {counted(part.rows, 'row')}",
        )

    def _whole(self, asked: Asked, parts: Sequence[Wanted], path: str) -> Wanted:
        rows = sum(part.rows or 0 for part in parts)
        return Wanted(
            spec=self.spec,
            api=self.api,
            asked=asked,
            request=parts[0].request,
            fingerprint=digest(["whole", *(part.fingerprint for part in parts)]),
            path=path,
            rows=rows,
            depth="all",
            size_reason=f"the whole crawl: {counted(rows, 'row')} in {counted(len(parts), 'job')}",
        )

    def _planned(self, asked: Asked, wanted: Wanted, decision: Decision, name: str | None = None) -> PlannedExport:
        project = asked.project
        return PlannedExport(
            self.spec,
            project.org,
            project.project,
            asked.analysis,
            asked.export.name,
            project.labels,
            wanted,
            decision,
            partition=name,
        )


def is_half_renewed(planned: PlannedExport, state: State) -> bool:
    """Whether parts of a whole that is done were paid for anew, by a run that was broken off or is at it."""
    record = planned.decision.record if planned.decision else None
    jobs = (state.jobs.latest(part.wanted.fingerprint) for part in planned.parts if part.wanted)
    return any(is_newer(job, record, state) for job in jobs)


def parts_folder(work: Path, path: str) -> Path:
    """Where the parts of the whole at `path` are gathered."""
    return work / "parts" / digest(path)[:32]


def _half_renewed(known: Decision, again: Sequence[bool]) -> Decision:
    """What is in place stays until all its parts are there anew; that some are already is said."""
    if not any(again):
        return known
    paid = f"{sum(again)} of {len(again)} parts were exported again before a run was broken off"
    return replace(known, reason=f"{known.reason}; {paid}: the same command as then goes on")


def _together(decisions: Sequence[Decision], reason: str) -> Decision:
    """The action for the whole: the most expensive action of any of its parts."""
    for action in ("refuse", "submit", "resume", "download"):
        concerned = [decision for decision in decisions if decision.action == action]
        if concerned:
            share = f"{len(concerned)} of {len(decisions)} parts"
            said = concerned[0].reason if action == "refuse" else f"{share}; {reason}"
            return Decision(action, said)
    return Decision("download", f"all parts are there, to be put together; {reason}")
