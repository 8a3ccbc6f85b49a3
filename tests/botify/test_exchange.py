"""Each way an API can misbehave, alone: what is repeated, what is an error, and what nobody can know."""

from __future__ import annotations

import socket
from contextlib import closing
from email.utils import formatdate
from time import time as wall_time
from typing import TYPE_CHECKING, Any

import pytest

from runner.botify.wire import Bounds
from runner.errors import (
    ApiAnswerError,
    ApiError,
    ApiRefused,
    ApiThrottled,
    ApiUnavailable,
    OutcomeUnknown,
    TokenRefused,
)
from tests.botify.scripted import HTML, PROFILE, RESET, TOKEN, Reply, Time, ask, reply, serving

if TYPE_CHECKING:
    from runner.botify.answers import Job
    from runner.botify.client import Botify
    from runner.botify.retry import Trouble

ERROR = {"error": {"message": "Out of order", "error_code": "1000", "error_detail": {}}}
CUT = Reply(body=PROFILE.body, cut=9)
SILENT = Reply(wait=0.3)
CREATED = reply({"job_id": 7, "job_status": "CREATED"}, 201)


async def profile(api: Botify) -> str:
    return await api.profile("org")


async def create(api: Botify) -> Job:
    return await api.create_job("org", {"job_type": "export", "payload": {}})


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (HTML, "answered 200 with something that is no JSON (text/html)"),
        (Reply(502, b"<html>Bad gateway</html>"), "answered 502"),
        (Reply(200, b""), "no JSON"),
        (reply(ERROR, 500), "answered 500, error code 1000: Out of order"),
        (reply(ERROR, 503), "answered 503"),
        (reply({}, 408), "answered 408"),
        (RESET, "GET /v1/authentication/profile lost its connection"),
        (CUT, "in part"),
        (SILENT, "got no answer in time"),
    ],
    ids=["html", "html-502", "empty", "500", "503", "408", "reset", "cut", "silent"],
)
def test_trouble_that_passes_is_outlived_and_told(trouble: Reply, words: str) -> None:
    heard: list[Trouble] = []
    with serving([trouble, PROFILE]) as server:
        assert ask(server.url, profile, heard=heard, bounds=Bounds(read=0.2)) == "first.last"
        assert len(server.seen) == 2
    (told,) = heard
    assert words in told.message
    assert told.wait == pytest.approx(0.2)


@pytest.mark.parametrize("trouble", [reply(ERROR, 500), HTML, RESET, CUT], ids=["500", "html", "reset", "cut"])
def test_eight_times_in_a_row_is_outlived(trouble: Reply) -> None:
    time = Time()
    with serving([*[trouble] * 8, PROFILE]) as server:
        assert ask(server.url, profile, time=time, jitter=lambda: 0.5) == "first.last"
    assert sum(time.waits) == pytest.approx(25.5, abs=0.1)


def test_trouble_for_ever_ends_with_the_last_words() -> None:
    with serving([reply(ERROR, 500)]) as server:
        with pytest.raises(ApiUnavailable, match="answered 500, error code 1000: Out of order; tried 9 times"):
            ask(server.url, profile)
        assert len(server.seen) == 9


def test_a_server_that_is_not_there() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ApiUnavailable, match=r"could not connect .*; tried 9 times"):
            ask(f"http://127.0.0.1:{taken.getsockname()[1]}", profile)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(status: int, form: str) -> None:
    time = Time()
    asked = "40" if form == "seconds" else formatdate(wall_time() + 40, usegmt=True)
    with serving([reply(ERROR, status, Retry_After=asked), PROFILE]) as server:
        ask(server.url, profile, time=time)
    assert 38 <= sum(time.waits) <= 42


def test_429s_without_an_end_slow_down_and_are_outlived() -> None:
    time = Time()
    with serving([*[reply(ERROR, 429)] * 12, PROFILE]) as server:
        assert ask(server.url, profile, time=time) == "first.last"
    assert [round(wait) for wait in time.waits if wait > 0.5] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]


def test_a_success_between_429s_eases_the_pace() -> None:
    time = Time()

    async def thrice(api: Botify) -> None:
        for _ in range(3):
            await profile(api)

    with serving([reply(ERROR, 429), PROFILE] * 3) as server:
        ask(server.url, thrice, time=time)
    assert [round(wait) for wait in time.waits if wait > 0.5] == [1, 1, 1]


def test_ten_minutes_of_429s_are_enough() -> None:
    time = Time()
    with serving([reply(ERROR, 429)]) as server, pytest.raises(ApiUnavailable, match=r"answered 429.*for 600 s"):
        ask(server.url, profile, time=time)
    assert 600 <= sum(time.waits) <= 700


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422])
def test_a_definite_no_is_not_repeated(status: int) -> None:
    with serving([reply(ERROR, status)]) as server:
        with pytest.raises(ApiRefused) as refused:
            ask(server.url, profile)
        assert len(server.seen) == 1
    error = refused.value
    assert (error.status, error.error_code, error.detail) == (status, "1000", "Out of order")
    assert error.message == f"GET /v1/authentication/profile was answered {status}, error code 1000: Out of order"
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("status", "advice"), [(400, "render"), (403, "api.tokens"), (404, "bqlrun analyses"), (422, "support")]
)
def test_what_to_do_about_a_no_is_told_with_it(status: int, advice: str) -> None:
    with serving([reply(ERROR, status)]) as server, pytest.raises(ApiRefused) as refused:
        ask(server.url, profile)
    assert advice in refused.value.hint


def test_a_refused_token_is_named_not_shown() -> None:
    body = {"error": {"message": f"Not Authorized: Token {TOKEN}", "error_code": 1001}}
    with serving([reply(body, 401)]) as server, pytest.raises(TokenRefused) as refused:
        ask(server.url, profile)
    assert refused.value.exit_code == 3
    assert "the environment variable TOKEN" in refused.value.message
    assert "Not Authorized: Token ***" in refused.value.detail


@pytest.mark.parametrize(
    "told",
    [
        reply({"error": {"message": f"you sent Token {TOKEN}"}}, 400),
        reply({"error": {"message": f"you sent Token {TOKEN}"}}, 500),
        reply({"error": f"you sent Token {TOKEN}"}, 429),
        reply({"error": "x" * 490 + TOKEN}, 400),
        reply({"error": {"reason": f"you sent Token {TOKEN}"}}, 400),
        reply({"error": {"message": "no", "error_code": TOKEN}}, 400),
        reply({"error": {"message": "no", "error_detail": {"sent": TOKEN}}}, 400),
        reply([f"you sent Token {TOKEN}"], 302),
        Reply(400, b'{"error": "you sent Token %b"}' % "".join(f"\\u{ord(each):04x}" for each in TOKEN).encode()),
        Reply(200, b"", {"Content-Type": f"text/{TOKEN}"}),
    ],
    ids=["400", "500", "429", "cut", "unlike", "code", "detail", "302", "escaped", "no-json"],
)
@pytest.mark.parametrize("question", [profile, create])
def test_a_token_that_the_server_repeats_is_in_no_error(told: Reply, question: Any) -> None:
    heard: list[Trouble] = []
    with serving([told]) as server, pytest.raises(ApiError) as failed:
        ask(server.url, question, heard=heard)
    error: BaseException | None = failed.value
    while error:
        assert TOKEN[:6] not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert TOKEN not in str(heard)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_the_token_stays(status: int) -> None:
    with serving([PROFILE]) as elsewhere:
        with serving([Reply(status, headers={"Location": elsewhere.url + "/v1/jobs"})]) as server:
            with pytest.raises(ApiAnswerError, match=f"answered {status}: a redirect, which is not followed"):
                ask(server.url, profile)
            with pytest.raises(OutcomeUnknown):
                ask(server.url, create)
            assert len(server.seen) == 2
        assert elsewhere.seen == []


def test_a_flood_is_an_error() -> None:
    with serving([Reply(body=b" " * 5000)]) as server:
        with pytest.raises(ApiAnswerError, match="larger than 1000 bytes"):
            ask(server.url, profile, bounds=Bounds(size=1000))
        with pytest.raises(OutcomeUnknown):
            ask(server.url, create, bounds=Bounds(size=1000))


@pytest.mark.parametrize(
    ("told", "answered"),
    [
        (reply(ERROR, 500), True),
        (reply(ERROR, 503, Retry_After="1"), True),
        (reply(ERROR, 408), True),
        (Reply(504, b"<html>"), True),
        (HTML, True),
        (Reply(201, b""), True),
        (Reply(204), True),
        (reply({"job_status": "CREATED"}, 201), True),
        (reply({"job_id": None}, 201), True),
        (reply(["job"], 201), True),
        (RESET, False),
        (Reply(201, CREATED.body, cut=8), False),
        (SILENT, False),
    ],
    ids="500 503 408 html-504 html empty 204 no-id null-id list reset cut silent".split(),
)
def test_a_creation_whose_outcome_is_unknown_is_sent_once(told: Reply, answered: bool) -> None:
    with serving([told, CREATED]) as server:
        with pytest.raises(OutcomeUnknown, match="POST /v1/jobs") as unknown:
            ask(server.url, create, bounds=Bounds(create=0.2))
        assert len(server.seen) == 1
    assert unknown.value.answered is answered


@pytest.mark.parametrize("body", [ERROR, {"detail": "no"}, "no"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_creation_that_is_refused_is_a_definite_no(status: int, body: Any) -> None:
    with serving([reply(body, status)]) as server:
        with pytest.raises(ApiRefused) as refused:
            ask(server.url, create)
        assert len(server.seen) == 1
    assert refused.value.status == status


def test_a_creation_that_is_refused_in_html_is_a_definite_no_too() -> None:
    with serving([Reply(403, b"<html>")]) as server, pytest.raises(ApiRefused, match="answered 403"):
        ask(server.url, create)


def test_a_throttled_creation_is_the_callers_to_repeat_and_holds_up_what_follows_a_little() -> None:
    time = Time()

    async def both(api: Botify) -> str:
        with pytest.raises(ApiThrottled, match="answered 429"):
            await create(api)
        return await profile(api)

    with serving([reply(ERROR, 429, Retry_After="86400"), PROFILE]) as server:
        ask(server.url, both, time=time)
        assert len(server.seen) == 2
    assert sum(time.waits) == pytest.approx(30, abs=0.1)


def test_a_creation_that_never_left_is_repeated() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ApiUnavailable) as unavailable:
            ask(f"http://127.0.0.1:{taken.getsockname()[1]}", create)
    assert not isinstance(unavailable.value, OutcomeUnknown)
    assert "tried 9 times" in unavailable.value.message


def test_a_creation_that_succeeds() -> None:
    with serving([CREATED]) as server:
        job = ask(server.url, create)
        assert server.seen[0].json == {"job_type": "export", "payload": {}}
    assert (job.id, job.status) == ("7", "CREATED")
