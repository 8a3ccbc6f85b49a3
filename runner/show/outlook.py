"""How long a run will take and what the day's limits leave, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.show.table import figure
from runner.show.tally import clock

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject
    from runner.plan.outlook import Outlook, Quota


def outlook_json(outlook: Outlook) -> JsonObject:
    """What `bqlrun plan --json` says besides exports and totals."""
    seconds = None if outlook.seconds is None else round(outlook.seconds, 1)
    return {"estimate": {"seconds": seconds}, "quota": [_quota_json(each) for each in outlook.quotas]}


def _quota_json(quota: Quota) -> JsonObject:
    return {
        "org": quota.account,
        "exports_per_day": quota.limits.exports_per_day,
        "credits_per_day": quota.limits.credits_per_day,
        "used": {"exports": quota.used[0], "credits": quota.used[1]},
        "plan": {"exports": quota.takes[0], "credits": quota.takes[1]},
    }


def outlook_text(outlook: Outlook) -> str:
    """A line for the time, a line for each limit of the day."""
    if outlook.seconds == 0:
        time = []
    elif outlook.seconds is None:
        time = ["estimated time: unknown, as no earlier run tells"]
    else:
        time = [f"estimated time: about {clock(max(outlook.seconds, 1))}, as earlier runs took"]
    return "\n".join([*time, *(line for each in outlook.quotas for line in _lines(each))])


def _lines(quota: Quota) -> list[str]:
    limits = quota.limits
    both = (
        ("exports", limits.exports_per_day, quota.used[0], quota.takes[0]),
        ("credits", limits.credits_per_day, quota.used[1], quota.takes[1]),
    )
    return [f"{quota.account}: {_left(*each)}" for each in both if each[1] is not None]


def _left(what: str, limit: float | None, used: float, takes: float) -> str:
    left = (limit or 0) - used - takes
    told = f"{figure(used)} of {figure(limit)} {what} used today, {figure(takes)} more by this plan"
    too_many = min(-left, takes)
    return (
        f"{told}: {figure(too_many)} too many, for later days"
        if too_many > 0
        else f"{told}: {figure(max(left, 0))} left"
    )
