"""The only module that knows Starlette and uvicorn: two sockets, one loop that never does heavy work itself."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
from typing import TYPE_CHECKING, Literal

from runner.emulator.api.call import Answer, Call
from runner.errors import UsageError

try:
    import uvicorn
    from anyio import CapacityLimiter, open_file, to_thread
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response, StreamingResponse
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as missing:
    raise UsageError("the emulator needs Starlette and uvicorn", "pip install 'bqlrun[emulator]'") from missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import FrameType

    from starlette.types import Receive, Scope, Send

    from runner.emulator.api.call import FileBody
    from runner.emulator.api.dispatch import Dispatcher

_CHUNK = 262_144
_TICK = 0.1
# What stands before the path where a client thinks that it talks to a proxy.
_ORIGIN = re.compile(r"^https?://[^/]*")
_A_WHILE = 60
_transports: dict[tuple[str, int], asyncio.Transport] = {}


class _Protocol(H11Protocol):
    """Remembers each connection's transport, because a reset is below anything that ASGI can say."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn itself
        super().connection_made(transport)
        if self.client:
            _transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.client:
            _transports.pop(self.client, None)


class Application:
    """The ASGI side: a request becomes a call, an answer becomes a response."""

    def __init__(self, dispatcher: Dispatcher, download_port: int) -> None:
        self._dispatcher = dispatcher
        self._download_port = download_port
        # Files that are being made must not keep the API from answering.
        self._threads = {"api": CapacityLimiter(16), "downloads": CapacityLimiter(8)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            call = await self._call(Request(scope, receive))
        except ClientDisconnect:
            return
        answer = await to_thread.run_sync(self._dispatcher.answer, call, limiter=self._threads[call.origin])
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.reset:
            await _reset(scope, receive)
            return
        await _response(answer, scope)(scope, receive, send)

    async def _call(self, request: Request) -> Call:
        origin: Literal["api", "downloads"] = "api"
        if request.scope["server"][1] == self._download_port:
            origin = "downloads"
        given = _ORIGIN.sub("", request.scope["path"])
        path = given.rstrip("/") or "/"
        prefix = "/api" if path.startswith("/api/v1") else ""
        return Call(
            method=request.method,
            path=path.removeprefix(prefix),
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=await request.body(),
            origin=origin,
            base=f"http://{request.headers.get('host') or '{}:{}'.format(*request.scope['server'])}",
            prefix=prefix,
            slash=given.endswith("/"),
        )


def _response(answer: Answer, scope: Scope) -> Response:
    if answer.file is not None and scope["method"] != "HEAD":
        return StreamingResponse(_stream(answer.file, scope), answer.status, dict(answer.headers))
    if answer.pace is not None:
        length = {"content-length": str(len(answer.body))}
        return StreamingResponse(_dripped(answer.body, answer.pace), answer.status, {**answer.headers, **length})
    response = Response(answer.body, answer.status)
    response.headers.update(answer.headers)
    return response


async def _dripped(body: bytes, pace: int) -> AsyncIterator[bytes]:
    size = max(1, int(pace * _TICK))
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(_TICK)


async def _stream(body: FileBody, scope: Scope) -> AsyncIterator[bytes]:
    left = body.length if body.cut is None else min(body.cut, body.length)
    size = _CHUNK if body.pace is None else max(1, int(body.pace * _TICK))
    async with await open_file(body.path, "rb") as file:
        place = await file.seek(body.start)
        while left and (chunk := await file.read(min(size, left))):
            yield _flipped(chunk, place, body.flip)
            left, place = left - len(chunk), place + len(chunk)
            if body.pace is not None:
                await asyncio.sleep(_TICK)
    if body.cut is not None and body.cut < body.length:
        _abort(scope)
        # Starlette cancels this as soon as the connection is gone; ending normally would be an error to uvicorn.
        await asyncio.sleep(_A_WHILE)


def _flipped(chunk: bytes, place: int, flip: int | None) -> bytes:
    if flip is None or not place <= flip < place + len(chunk):
        return chunk
    index = flip - place
    return chunk[:index] + bytes([chunk[index] ^ 0xFF]) + chunk[index + 1 :]


async def _reset(scope: Scope, receive: Receive) -> None:
    """End the connection without an answer, and wait until uvicorn knows, or it would send a 500."""
    _abort(scope, at_once=True)
    while (await receive())["type"] != "http.disconnect":
        pass


def _abort(scope: Scope, *, at_once: bool = False) -> None:
    transport = _transports.get(tuple(scope["client"]))
    if transport is None:
        return
    if at_once:
        # A linger of zero makes closing a reset.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


class _Server(uvicorn.Server):
    """Says when it listens, and ends at once: nothing here is worth waiting for."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature is uvicorn's
        os._exit(0)


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound; port 0 picks a free one."""
    # The protocol is named because asyncio turns Nagle's delay off only where it is, and the delay is 40 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else "ports go from 0 to 65535"
        raise UsageError(f"cannot listen on {host}:{port}: {why}", "choose another --port") from error
    return listener


def serve(dispatcher: Dispatcher, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    """Serve until a signal ends it. The second socket is the downloads' origin."""
    application = Application(dispatcher, sockets[1].getsockname()[1])
    config = uvicorn.Config(
        application,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=60,
    )
    _Server(config, ready).run(sockets)
