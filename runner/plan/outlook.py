"""How long a run will take, from what earlier ones took, and what the day's limits leave of it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from runner.errors import BqlrunError
from runner.plan.model import lines
from runner.state.clock import today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.plan.model import PlannedExport
    from runner.plan.work import Work
    from runner.spec.model import Limits, Payer
    from runner.state.store import State

# So many earlier exports of about the same size say how long one takes.
_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Took:
    """An earlier export: its rows, the seconds from its job's creation to its file in place, and of fetching alone."""

    rows: int
    whole: float
    fetch: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account's limits allow in a UTC day, what of it is used, and what this plan takes."""

    account: str
    limits: Limits
    used: tuple[int, float]
    takes: tuple[int, float]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`seconds` is None where nothing is known of earlier runs."""

    seconds: float | None
    quotas: tuple[Quota, ...]


async def outlook(plans: Sequence[tuple[Work, Sequence[PlannedExport]]]) -> Outlook:
    """What is ahead of a run of these plans, one after the other."""
    times = [_seconds(history(work.state), lines(plan), work.spec.limits.jobs) for work, plan in plans]
    known = [each for each in times if each is not None]
    quotas = [quota for work, plan in plans for quota in await _quotas(work, lines(plan))]
    return Outlook(sum(known) if len(known) == len(times) else None, tuple(quotas))


def history(state: State) -> list[Took]:
    """What earlier exports of one job took; of one during which the clock was set back nobody knows."""
    moments, found = state.moments.all(), []
    for record in state.exports.all():
        began = moments.get(record.path, {})
        if record.status == "done" and record.rows and {"exporting", "downloading", "ended"} <= began.keys():
            ended = began["ended"]
            if began["exporting"] <= began["downloading"] <= ended:
                found.append(Took(record.rows, ended - began["exporting"], ended - began["downloading"]))
    return found


def _seconds(past: Sequence[Took], plan: Sequence[PlannedExport], jobs: int) -> float | None:
    """The longest of them, or all of them, so many side by side."""
    working = [each for each in plan if each.action in {"submit", "resume", "download"}]
    if working and not past:
        return None
    each = [_one(past, planned) for planned in working]
    return max(max(each, default=0.0), sum(each) / jobs)


def _one(past: Sequence[Took], planned: PlannedExport) -> float:
    """The median of the exports nearest in rows; a larger export takes longer in proportion, a smaller one as long."""
    rows = (planned.wanted.rows if planned.wanted else None) or 0
    near = sorted(past, key=lambda took: abs(took.rows - rows))[:_NEIGHBOURS]
    fetches = planned.action == "download"
    return median((took.fetch if fetches else took.whole) * max(1.0, rows / took.rows) for took in near)


async def _quotas(work: Work, plan: Sequence[PlannedExport]) -> list[Quota]:
    """Each account that has a limit of the day, with what was used of it as far as this state file and the API know."""
    api = work.spec.api
    found: list[Quota] = []
    groups: defaultdict[Payer, list[PlannedExport]] = defaultdict(list)
    for each in plan:
        groups[api.payer(each.org)].append(each)
    for members in groups.values():
        org = members[0].org
        limits = api.account(org).limits
        if limits.exports_per_day is None and limits.credits_per_day is None:
            continue
        jobs, spent = work.state.intents.spent_today(api.paying_with(org))
        if limits.exports_per_day is not None:
            # What keeps the account from being looked at is said in the plan's own lines.
            with suppress(BqlrunError):
                jobs = max(jobs, await work.api.count_jobs_since(org, today()))
        paying = [each for each in members if each.action == "submit"]
        takes = len(paying), sum(each.cost or 0.0 for each in paying)
        found.append(Quota(org, limits, (jobs, spent), takes))
    return found
