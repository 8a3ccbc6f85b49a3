"""A real server on loopback that does exactly what a test tells it to, and remembers every request it got."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import anyio

from runner.botify.account import Paces
from runner.botify.client import Botify
from runner.botify.pace import Turns
from runner.botify.retry import Patience
from runner.spec.model import Account, Api, Limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from typing import TypeVar

    from runner.botify.retry import Trouble
    from runner.botify.wire import Bounds

    T = TypeVar("T")

TOKEN = "a-very-secret-token"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to do about a request: wait, then answer; or cut the answer short; or reset the connection."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    cut: int | None = None
    reset: bool = False


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON; `Retry_After` becomes the header Retry-After."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def listed(items: Sequence[Any], *, more: bool = False, count: int | None = None) -> Reply:
    """One page of a list, whose `next` leads to another host."""
    following = "http://elsewhere.invalid/v1/next" if more else None
    return reply({"results": list(items), "next": following} | ({} if count is None else {"count": count}))


PROFILE = reply({"data": {"username": "first.last"}})
HTML = Reply(200, b"<html><body>Maintenance</body></html>", {"Content-Type": "text/html"})
RESET = Reply(reset=True)


class Scripted:
    """Answers by a function of the request, or by a list of replies whose last one is for all that follow."""

    def __init__(self, script: Callable[[Seen], Reply] | Sequence[Reply]) -> None:
        self.seen: list[Seen] = []
        self.url = ""
        self._script = script

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if callable(self._script):
            return self._script(seen)
        return self._script[min(len(self.seen), len(self._script)) - 1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes, and the second must not wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    scripted: Scripted

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.scripted.answer(Seen(self.command, self.path, headers, body))
        time.sleep(told.wait)
        if told.reset:
            self._reset()
            return
        self._say(told)

    do_GET = do_POST = do_CONNECT = _serve

    def _say(self, told: Reply) -> None:
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in told.headers:
            self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        self.wfile.write(told.body if told.cut is None else told.body[: told.cut])
        self.close_connection = told.cut is not None

    def _reset(self) -> None:
        """Closing with no time to linger sends RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients of these tests leave early on purpose."""


@contextmanager
def serving(script: Callable[[Seen], Reply] | Sequence[Reply]) -> Iterator[Scripted]:
    """Serve a script on a free port of loopback."""
    scripted = Scripted(script)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": scripted}))
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Time:
    """A clock that only moves when someone waits for it; `waits` are all the waits there were."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()


def account(rate: float = 1e6) -> Account:
    """An account whose token is in the variable TOKEN."""
    return Account("TOKEN", None, Limits(requests_per_second=rate))


def ask(
    url: str,
    question: Callable[[Botify], Awaitable[T]],
    *,
    time: Time | None = None,
    bounds: Bounds | None = None,
    heard: list[Trouble] | None = None,
    jitter: Callable[[], float] = lambda: 1.0,
) -> T:
    """Put one question to the API at `url`, with a clock that costs no time."""
    time = time or Time()
    patience = Patience(clock=time.clock, sleep=time.sleep, jitter=jitter)

    async def asking() -> T:
        async with Botify(
            url,
            Api(default_account=account()),
            environ={"TOKEN": TOKEN},
            cwd=Path(),
            on_event=None if heard is None else heard.append,
            patience=patience,
            bounds=bounds,
            paces=Paces(lambda _, rate: Turns(rate, clock=time.clock, sleep=time.sleep)),
        ) as api:
            return await question(api)

    return anyio.run(asking)
