"""One request over a real socket: what is sent, what counts as an answer, and what is known when there is none."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING

import anyio
import pytest

from runner.botify.account import Token
from runner.botify.wire import Answer, AnswerTooLarge, Bounds, NoAnswer, Request, Wire
from runner.seam import observe
from tests.botify.scripted import HTML, PROFILE, RESET, TOKEN, Reply, reply, serving
from tests.files.server import file_server, self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.seam import Kind
    from tests.botify.scripted import Scripted

GET = Request("GET", "/v1/authentication/profile")
POST = Request("POST", "/v1/jobs", body={"job_type": "export", "payload": {"é": 1}})


def exchange(url: str, *requests: Request, bounds: Bounds | None = None, silence: float = 5) -> list[Answer]:
    """Send requests one after another through one client."""
    limits = bounds or Bounds()

    async def go() -> list[Answer]:
        async with Wire(url, limits) as wire:
            return [await wire.send(each, Token(TOKEN, "a test"), silence=silence) for each in requests]

    return anyio.run(go)


def no_answer(url: str, request: Request = POST, bounds: Bounds | None = None, silence: float = 5) -> NoAnswer:
    with pytest.raises(NoAnswer) as failure:
        exchange(url, request, bounds=bounds, silence=silence)
    # httpx's own errors hold the request, and with it the token: what is kept of a crash must not show them.
    assert failure.value.__suppress_context__
    assert failure.value.__cause__ is None
    return failure.value


def test_what_is_sent() -> None:
    with serving([PROFILE]) as server:
        asked = Request("POST", "/v1/projects/a%20b/50%25/query", {"page": 2, "x": "a b&c"}, {"é": 1})
        exchange(server.url, asked)
        (seen,) = server.seen
    assert seen.method == "POST"
    assert seen.path == "/v1/projects/a%20b/50%25/query"
    assert seen.query == {"page": "2", "x": "a b&c"}
    assert seen.json == {"é": 1}
    assert seen.headers["authorization"] == f"Token {TOKEN}"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["user-agent"].startswith("bqlrun/")


def test_a_base_address_may_have_a_path() -> None:
    with serving([PROFILE]) as server:
        exchange(server.url + "/api", GET)
        assert server.seen[0].path == "/api/v1/authentication/profile"


def test_connections_are_used_again_and_cookies_are_not_kept() -> None:
    with serving([reply({}, Set_Cookie="session=1; Path=/")]) as server:
        exchange(server.url, GET, GET)
        assert len(server.seen) == 2
        assert all("cookie" not in seen.headers for seen in server.seen)


def test_a_redirect_is_an_answer_and_leads_nowhere() -> None:
    with serving([PROFILE]) as elsewhere, serving([Reply(302, headers={"Location": elsewhere.url + "/v1"})]) as server:
        (answer,) = exchange(server.url, GET)
        assert answer.status == 302
        assert elsewhere.seen == []


def test_html_is_an_answer_too() -> None:
    with serving([HTML]) as server:
        assert exchange(server.url, GET)[0].body == HTML.body


def test_a_reset_after_the_request_left() -> None:
    with serving([RESET]) as server:
        assert no_answer(server.url).left
        assert len(server.seen) == 1


@pytest.mark.parametrize("cut", [0, 5])
def test_a_body_that_was_cut_is_no_answer(cut: int) -> None:
    with serving([Reply(body=b'{"job_id": 1}', cut=cut)]) as server:
        assert no_answer(server.url).left


def test_silence_is_no_answer() -> None:
    with serving([Reply(wait=1)]) as server:
        failure = no_answer(server.url, silence=0.1)
    assert failure.left
    assert failure.reason == "got no answer in time"


def test_an_answer_that_drips_ends_with_its_time() -> None:
    with serving([Reply(wait=1)]) as server:
        start = time.monotonic()
        assert no_answer(server.url, bounds=Bounds(whole=0.2)).left
        assert time.monotonic() - start < 0.9


def test_an_answer_is_bounded() -> None:
    with serving([Reply(body=b"x" * 2000)]) as server, pytest.raises(AnswerTooLarge):
        exchange(server.url, GET, bounds=Bounds(size=1000))


def test_a_refused_connection_means_that_nothing_left() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        failure = no_answer(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert not failure.left
    assert failure.reason.startswith("could not connect")


def test_a_name_that_does_not_exist_means_that_nothing_left() -> None:
    assert not no_answer("https://botify.invalid").left


def test_a_failed_tls_handshake_means_that_nothing_left() -> None:
    with serving([PROFILE]) as server:
        assert not no_answer(server.url.replace("http:", "https:")).left
        assert server.seen == []


def test_who_shows_a_certificate_that_nobody_vouches_for_is_sent_nothing(tmp_path: Path) -> None:
    with file_server(b"{}", self_signed(tmp_path)[0]) as server:
        assert not no_answer(server.url.partition("/file")[0]).left
    assert server.asked == []


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """A proxy that opens no tunnels, and the environment that names it."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving([Reply(403)]) as server:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, server.url)
        yield server


def test_a_proxy_that_refuses_gets_no_token_and_nothing_left(proxy: Scripted) -> None:
    failure = no_answer("https://api.botify.com")
    assert not failure.left
    assert failure.reason.startswith("could not pass the proxy")
    (seen,) = proxy.seen
    assert (seen.method, seen.target) == ("CONNECT", "api.botify.com:443")
    assert TOKEN not in str(seen)


def test_loopback_is_asked_without_a_proxy(proxy: Scripted) -> None:
    with serving([PROFILE]) as server:
        exchange(server.url, GET)
        assert len(server.seen) == 1
    assert proxy.seen == []


def test_a_host_that_needs_no_proxy_is_asked_without_one(proxy: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "botify.invalid")
    assert no_answer("https://api.botify.invalid").reason.startswith("could not connect")
    assert proxy.seen == []


class Watching:
    """Notes each effect, and how many requests the server had by then; `stop` ends the program at one of them."""

    def __init__(self, server: Scripted, stop: tuple[str, Kind] | None = None) -> None:
        self.server, self.stop = server, stop
        self.noted: list[tuple[str, str, str]] = []
        self.arrived: list[int] = []

    def before(self, kind: Kind, subject: str) -> None:
        self._note("before", kind, subject)

    def after(self, kind: Kind, subject: str) -> None:
        self._note("after", kind, subject)

    def _note(self, side: str, kind: Kind, subject: str) -> None:
        self.noted.append((side, kind, subject))
        self.arrived.append(len(self.server.seen))
        if (side, kind) == self.stop:
            raise InterruptedError("the plug was pulled")


@pytest.fixture(autouse=True)
def _nobody_watches_afterwards() -> Iterator[None]:
    yield
    observe(None)


@pytest.mark.parametrize("body", [b"{}", b""])
def test_the_seam_is_where_the_bytes_cross(body: bytes) -> None:
    with serving([Reply(body=body, wait=0.05)]) as server:
        watching = Watching(server)
        observe(watching)
        exchange(server.url, POST)
    steps = [("before", "send"), ("after", "send"), ("before", "receive"), ("after", "receive")]
    assert watching.noted == [(*step, "POST /v1/jobs") for step in steps]
    assert watching.arrived[0] == 0
    assert watching.arrived[-1] == 1


@pytest.mark.parametrize("broken", [RESET, Reply(body=b'{"job_id": 1}', cut=4)])
def test_what_did_not_arrive_has_no_after(broken: Reply) -> None:
    with serving([broken]) as server:
        watching = Watching(server)
        observe(watching)
        no_answer(server.url)
    assert ("after", "receive", "POST /v1/jobs") not in watching.noted


def test_stopped_before_the_send_nothing_was_sent() -> None:
    with serving([PROFILE]) as server:
        observe(Watching(server, ("before", "send")))
        assert not no_answer(server.url).left
        observe(None)
        time.sleep(0.05)
        assert server.seen == []


def test_the_log_has_no_address_and_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving([PROFILE]) as server:
        exchange(server.url, Request("GET", "/v1/jobs", {"secret": "address"}))
    assert "address" not in caplog.text
    assert TOKEN not in caplog.text
