"""One request, one answer or one failure: the API's HTTP client. It repeats nothing and follows no redirect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import anyio

from runner import __version__
from runner.botify.crossing import Crossing
from runner.botify.http import httpx
from runner.botify.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from runner.botify.account import Token
    from runner.jsonvalue import JsonObject

# Without encodings: httpx takes a gzip body that was cut for a whole one.
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": f"bqlrun/{__version__}"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the API; `path` is encoded already and begins with /v1/."""

    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JsonObject | None = None

    @property
    def target(self) -> str:
        """The path with the query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def route(self) -> str:
        """Its name for people."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; whatever the case of a header's name, `headers` finds it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class NoAnswer(Exception):
    """The connection failed, or the answer was cut. `left` is false if not one byte of the request was sent."""

    def __init__(self, reason: str, *, left: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.left = left


class AnswerTooLarge(Exception):
    """The answer is larger than any that the API has a reason to give."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one request may take, in seconds, and how large its answer may be, in bytes.

    `read` and `create` are silences, between one byte and the next; creating a job may take the API minutes (PIP waits
    up to 300 s). `whole` ends an answer that drips.
    """

    connect: float = 10
    read: float = 60
    create: float = 120
    whole: float = 300
    size: int = 64 * 1024 * 1024


class Wire:
    """Connections to one API, whose address is `base`. An async context manager."""

    def __init__(self, base: str, bounds: Bounds) -> None:
        self._base, self._bounds = base, bounds
        self._lines = Lines(httpx.URL(base))

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._lines.closing.aclose()

    async def send(self, request: Request, token: Token, *, silence: float) -> Answer:
        """Send it and read the whole answer, whatever its status. Raises NoAnswer and AnswerTooLarge."""
        crossing = Crossing(request.route)
        try:
            with anyio.fail_after(self._bounds.whole):
                return await self._exchange(self._build(request, token, silence, crossing))
        except (httpx.RequestError, OSError) as error:
            # Without its cause: httpx's exceptions carry the request, and that carries the token.
            raise NoAnswer(_reason(error), left=crossing.left) from None

    def _build(self, request: Request, token: Token, silence: float, crossing: Crossing) -> httpx.Request:
        """Each request as it goes over the line: nothing of a client's (cookies, redirects, defaults) comes to it."""
        headers = {**_HEADERS, "Authorization": token.authorization}
        content = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(request.body, separators=(",", ":")).encode()
        timeout = {"connect": self._bounds.connect, "read": silence, "write": silence, "pool": None}
        return httpx.Request(
            request.method,
            self._base + request.target,
            headers=headers,
            content=content,
            extensions={"timeout": timeout, "trace": crossing},
        )

    async def _exchange(self, request: httpx.Request) -> Answer:
        async with self._lines.one() as line:
            response = await line.handle_async_request(request)
            try:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self._bounds.size:
                        raise AnswerTooLarge
            finally:
                await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body))


def _reason(error: Exception) -> str:
    match error:
        case httpx.ConnectTimeout() | httpx.ConnectError():
            return f"could not connect{_detail(error)}"
        case httpx.TimeoutException() | TimeoutError():
            return "got no answer in time"
        case httpx.ProxyError():
            return f"could not pass the proxy{_detail(error)}"
        case httpx.RemoteProtocolError() | httpx.DecodingError():
            return "was answered in part, or in no HTTP"
        case _:
            return "lost its connection"


def _detail(error: Exception) -> str:
    """What the system says of a failed connection; there is no secret in it, as nothing was sent."""
    return f" ({error})" if str(error) else ""
