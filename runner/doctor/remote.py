"""What the API says: whether it answers, whether it takes the token, and what is left of the day's quota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.counted import counted
from runner.doctor.finding import Finding
from runner.errors import ApiError, ApiRefused, BqlrunError, TokenRefused, UsageError
from runner.show.table import figure
from runner.state.clock import today

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runner.botify.account import Token
    from runner.botify.client import Botify
    from runner.spec.model import Limits

# Botify's usual number of exports a day (botify-api.md, Limits).
USUAL_QUOTA = 50
TOMORROW = "a run submits nothing more today: it goes on after 00:00 UTC"


@dataclass(frozen=True, slots=True)
class Asked:
    """One account: for which organisation it is asked, what it may, and what the state file says of today.

    `label` tells it from others; `token` is the token, or why there is none.
    """

    org: str
    label: str
    token: Token | UsageError
    limits: Limits
    spent: tuple[int, float]


async def account(api: Botify, address: str, asked: Asked) -> AsyncIterator[Finding]:
    """The API, the token and the quota of one account."""
    if isinstance(asked.token, UsageError):
        yield Finding("token", ok=False, text=f"{asked.label}{asked.token.message}", hint=asked.token.hint)
        yield Finding("api", ok=None, text=f"{address} was not asked: there is no token")
        return
    source = f"{asked.label}{asked.token.source}"
    try:
        user = await api.profile(asked.org)
        listed = await api.count_jobs_since(asked.org, today())
    except TokenRefused as error:
        yield Finding("token", ok=False, text=f"{source}: refused", hint=error.hint, refused=True)
        yield Finding("api", ok=True, text=f"{address} answers")
    except ApiError as error:
        yield Finding("token", ok=None, text=f"{source}: nobody said whether it is accepted")
        yield Finding("api", ok=False, text=f"{address}: {error.message}", hint=_hint(error))
    else:
        yield Finding("token", ok=True, text=f"{source}: accepted, it is {user}'s")
        yield Finding("api", ok=True, text=f"{address} answers")
        yield quota(asked, listed)


def quota(asked: Asked, listed: int) -> Finding:
    """What is left of today; what the account itself lists counts as well as what is known here."""
    limits, (known, spent) = asked.limits, asked.spent
    jobs = max(listed, known)
    most = limits.exports_per_day
    left = [f"{asked.label}{counted(jobs, 'job')} created today", _jobs_left(jobs, most)]
    budget = limits.credits_per_day
    if budget is not None:
        left.append(f"{figure(max(0, budget - spent))} of {figure(budget)} credits left")
    over = budget is not None and spent >= budget
    used_up = over or (most is not None and jobs >= most)
    return Finding("quota", ok=not used_up, text=", ".join(left), hint=TOMORROW if used_up else "")


def _jobs_left(jobs: int, most: int | None) -> str:
    if most is None:
        return f"`exports_per_day` is not set (usual: {USUAL_QUOTA})"
    return f"{max(0, most - jobs):,} of {most:,} left"


def _hint(error: BqlrunError) -> str:
    if isinstance(error, ApiRefused):
        return error.hint
    return "check the address, the network and its proxy; a run waits longer than this look did"
