"""Patience: how often, how long, with what jitter, and what a server may ask for."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.botify.retry import Patience, Throttled, Transient, Trouble, persist, retry_after
from runner.errors import ApiThrottled, ApiUnavailable
from tests.botify.scripted import Time


def persisting(troubles: list[Exception], time: Time, **options: float) -> tuple[str, list[Trouble]]:
    """Meet each trouble in turn, then succeed."""
    heard: list[Trouble] = []
    left = iter(troubles)
    patience = Patience(sleep=time.sleep, clock=time.clock, jitter=lambda: options.get("jitter", 1.0))

    async def attempt() -> str:
        time.now += options.get("each", 0)
        for trouble in left:
            raise trouble
        return "fine"

    async def go() -> str:
        return await persist(attempt, patience, heard.append)

    return anyio.run(go), heard


def throttled() -> Throttled:
    return Throttled(ApiThrottled("GET /v1/x was answered 429", status=429))


def test_eight_troubles_are_outlived() -> None:
    time = Time()
    result, heard = persisting([Transient("trouble")] * 8, time)
    assert result == "fine"
    assert [each.tries for each in heard] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert time.waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6])


def test_the_ninth_ends_patience() -> None:
    with pytest.raises(ApiUnavailable, match="trouble; tried 9 times"):
        persisting([Transient("trouble")] * 9, Time())


def test_the_waits_come_to_26_seconds_on_average() -> None:
    time = Time()
    persisting([Transient("trouble")] * 8, time, jitter=0.5)
    assert sum(time.waits) == pytest.approx(25.5)


@given(failures=st.integers(1, 5000), jitter=st.floats(0, 1), asked=st.none() | st.floats(0, 1e9))
def test_every_wait_is_bounded(failures: int, jitter: float, asked: float | None) -> None:
    wait = Patience(jitter=lambda: jitter).wait(failures, asked)
    assert 0 <= wait <= 120
    assert wait >= min(asked or 0, 120)


def test_what_the_server_asks_for_is_waited_for() -> None:
    time = Time()
    persisting([Transient("trouble", 7.0), Transient("trouble", 0.1)], time)
    assert time.waits == [7.0, 0.4]


def test_429s_are_no_failures() -> None:
    result, heard = persisting([throttled()] * 50, Time())
    assert result == "fine"
    assert len(heard) == 50


def test_ten_minutes_of_nothing_but_429_are_enough() -> None:
    with pytest.raises(ApiUnavailable, match="answered 429, for 600 s"):
        persisting([throttled()] * 1000, Time(), each=60)


def test_a_few_429s_far_apart_are_not_enough() -> None:
    assert persisting([throttled()] * 8, Time(), each=600)[0] == "fine"


def test_the_ten_minutes_begin_with_the_first_429() -> None:
    troubles = [*[Transient("trouble")] * 8, *[throttled()] * 9]
    assert persisting(troubles, Time(), each=60)[0] == "fine"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 +99999999999999999999"}, None),
        ({"retry-after": "\N{ARABIC-INDIC DIGIT SEVEN}"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2015 07:27:00 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 -0000", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_without_the_servers_clock_is_taken_by_ours() -> None:
    assert (retry_after({"retry-after": "Fri, 21 Oct 2189 07:28:00 GMT"}) or 0) > 1e9
