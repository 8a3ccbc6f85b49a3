"""The documented limits: calls a second, jobs at once, exports and credits a day. What is too much is answered 429."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from runner.emulator.errors import Refused
from runner.emulator.exports import LEGACY
from runner.emulator.jobs import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.emulator.exports import Export
    from runner.emulator.service import Service

_DAY = 86_400


class Pace:
    """Counts the calls of each token within the last second."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def check(self, token: str, most: float | None, now: float) -> None:
        """Refuse a call that is one too many; refused calls do not count."""
        if most is None:
            return
        with self._lock:
            calls = self._calls[token]
            while calls and calls[0] <= now - 1:
                calls.popleft()
            if len(calls) >= most:
                raise Refused(429, 1053)
            calls.append(now)


def start_of(service: Service, orgs: Sequence[str], kind: str, export: Export) -> float:
    """When a new job can start: at once, unless jobs wait for one another. One that is over a limit is refused."""
    limits, now = service.world.limits, service.clock()
    if kind == LEGACY and _full(limits.legacy_exports, len(service.jobs.unfinished(orgs, now, LEGACY))):
        raise Refused(429, 1052)
    _check_day(service, orgs, kind, export)
    ends = service.jobs.unfinished(orgs, now)
    if limits.jobs is None or len(ends) < limits.jobs:
        return now
    if service.world.behaviour.too_many_jobs == "queue" and limits.jobs:
        return ends[-limits.jobs]
    raise Refused(429, 1058 if service.world.behaviour.too_many_jobs == "refuse_advanced" else 1053)


def _check_day(service: Service, orgs: Sequence[str], kind: str, export: Export) -> None:
    limits, now = service.world.limits, service.clock()
    midnight = now - now % _DAY
    older = service.world.behaviour.exports_per_day_counts == "older"
    if kind == LEGACY or not older:
        created, _ = service.jobs.spent(orgs, midnight, LEGACY if older else ANY)
        if _full(limits.exports_per_day, created):
            raise Refused(429, 1053)
    _, paid = service.jobs.spent(orgs, midnight)
    if limits.credits_per_day is not None and paid + export.credits(service) > limits.credits_per_day:
        raise Refused(429, 1053)


def _full(most: int | None, now: int) -> bool:
    return most is not None and now >= most
