"""Turns: never faster than the rate, moved back as a whole by a 429, cheap for thousands."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.botify.pace import ROOM, Turns
from tests.botify.scripted import Time


@dataclass
class Crowd:
    """Many sleepers on one clock, which jumps to whoever wakes first."""

    now: float = 0.0
    _asleep: list[tuple[float, int, anyio.Event]] = field(default_factory=list)
    _numbers: int = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._numbers += 1
        event = anyio.Event()
        heapq.heappush(self._asleep, (self.now + seconds, self._numbers, event))
        await event.wait()

    async def let_time_pass(self) -> None:
        """Until nobody sleeps."""
        await anyio.wait_all_tasks_blocked()
        while self._asleep:
            self.now, _, event = heapq.heappop(self._asleep)
            event.set()
            await anyio.wait_all_tasks_blocked()


def taken(rate: float, many: int, refusals: dict[int, float | None] | None = None, latency: float = 0) -> list[float]:
    """When each of many callers got its turn; the n-th of them is answered 429 where `refusals` says so.

    Each is answered after `latency` seconds.
    """

    async def go() -> list[float]:
        crowd, times = Crowd(), list[float]()
        pace = Turns(rate, clock=crowd.clock, sleep=crowd.sleep)

        async def caller() -> None:
            trip = await pace.turn()
            number = len(times)
            times.append(crowd.now)
            if refusals and number in refusals:
                pace.throttled(refusals[number])
            if latency:
                await crowd.sleep(latency)
            pace.arrived(trip)

        async with anyio.create_task_group() as group:
            for _ in range(many):
                group.start_soon(caller)
            await crowd.let_time_pass()
        return times

    return anyio.run(go)


@given(rate=st.floats(0.1, 1000), many=st.integers(1, 30))
def test_n_turns_take_n_minus_one_intervals_and_no_more(rate: float, many: int) -> None:
    times = taken(rate, many)
    gaps = [after - before for before, after in pairwise(times)]
    assert len(times) == many
    assert all(gap == pytest.approx(1 / rate) for gap in gaps)


@settings(max_examples=25, deadline=None)
@given(rate=st.floats(0.1, 8), latency=st.floats(0.001, 3))
def test_where_they_arrive_there_is_never_one_too_many(rate: float, latency: float) -> None:
    """A request that is answered late may have arrived late: at 5 a second, no six of them within a second."""
    times, together = taken(rate, 24, latency=latency), max(1, int(rate))
    span = together / rate
    most = min(span + latency, ROOM * span)
    for first, one_more in zip(times, times[together:], strict=False):
        assert one_more - first >= most - 1e-6
    assert times[-1] <= 24 / together * most + 1e-6


def test_a_429_moves_everyone_back_by_what_it_asks_for() -> None:
    assert taken(1, 5, {1: 10}) == pytest.approx([0, 1, 12, 13, 14])


def test_a_429_makes_room_for_requests_that_arrive_unevenly() -> None:
    """Where answers are slow, nobody knows when requests arrive."""
    apart = [after - before for before, after in pairwise(taken(1, 5, {1: 0}, latency=100))]
    assert apart == pytest.approx([ROOM, ROOM + 0.05, ROOM + 0.05, ROOM + 0.05])


@given(st.dictionaries(st.integers(0, 19), st.floats(0, 200)))
def test_after_a_429_nobody_comes_before_it_allows(refusals: dict[int, float | None]) -> None:
    times = taken(5, 20, refusals)
    for number, asked in refusals.items():
        assert all(when >= times[number] + (asked or 0) - 1e-6 for when in times[number + 1 :])


def waits_after_429s(answers: str) -> list[float]:
    """How long each request waited; `x` is a 429 that asks for nothing, `.` a success."""
    passing = Time()
    pace = Turns(1e9, clock=passing.clock, sleep=passing.sleep)

    async def go() -> list[float]:
        waited = []
        for answer in answers:
            before = passing.now
            await pace.turn()
            waited.append(round(passing.now - before, 3))
            pace.throttled(None) if answer == "x" else pace.succeeded()
        return waited

    return anyio.run(go)


def test_429s_that_ask_for_nothing_double_the_wait_up_to_a_minute() -> None:
    assert waits_after_429s("xxxxxxxxx") == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_successes_ease_it_step_by_step() -> None:
    assert waits_after_429s("xxx..x.") == [0, 1, 2, 4, 0, 0, 2]


def test_requests_refused_together_count_once() -> None:
    passing = Time()
    pace = Turns(1e9, clock=passing.clock, sleep=passing.sleep)
    for _ in range(10):
        pace.throttled(None)
    anyio.run(pace.turn)
    assert sum(passing.waits) == pytest.approx(1)


def test_a_wait_that_is_asked_for_extends_one_under_way_and_is_bounded() -> None:
    passing = Time()
    pace = Turns(1e9, clock=passing.clock, sleep=passing.sleep)
    pace.throttled(None)
    pace.throttled(5)
    anyio.run(pace.turn)
    assert sum(passing.waits) == pytest.approx(5)
    pace.throttled(1e9)
    anyio.run(pace.turn)
    assert sum(passing.waits) == pytest.approx(5 + 300)


def test_idleness_saves_up_no_turns() -> None:
    passing = Time()
    pace = Turns(10, clock=passing.clock, sleep=passing.sleep)

    async def go() -> None:
        await pace.turn()
        passing.now += 100
        for _ in range(3):
            await pace.turn()

    anyio.run(go)
    assert passing.waits == [pytest.approx(1 / 10)] * 2


def test_who_gives_way_waits_until_nobody_else_does_or_its_patience_ends() -> None:
    async def go(patience: float) -> float:
        crowd, gave_way = Crowd(), list[float]()
        pace = Turns(5, clock=crowd.clock, sleep=crowd.sleep)

        async def give_way() -> None:
            await pace.idle(patience)
            gave_way.append(crowd.now)

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(pace.turn)
            group.start_soon(give_way)
            await crowd.let_time_pass()
        return gave_way[0]

    assert anyio.run(go, 10) == pytest.approx(0.6)
    assert anyio.run(go, 0.3) == pytest.approx(0.3)


def test_the_slowest_wish_counts() -> None:
    passing = Time()
    pace = Turns(10, clock=passing.clock, sleep=passing.sleep)
    pace.at_most(2)
    pace.at_most(50)

    async def go() -> None:
        for _ in range(3):
            pace.arrived(await pace.turn())

    anyio.run(go)
    assert passing.waits == [pytest.approx(1 / 2)] * 2


def test_thousands_wait_cheaply() -> None:
    async def go() -> float:
        pace = Turns(20_000)
        start = time.process_time()
        async with anyio.create_task_group() as group:
            for _ in range(10_000):
                group.start_soon(pace.turn)
        return time.process_time() - start

    assert anyio.run(go) < 5
