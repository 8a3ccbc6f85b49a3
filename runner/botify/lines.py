"""Connections to one API, the one that was used last first. Each is a transport of its own.

httpx's pool looks at every idle connection before each request, which costs more than the request: 20 of them take
more processor time than everything else that a request does.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import anyio

from runner.botify.http import httpx, tls
from runner.botify.origins import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MOST = 40
# Shorter than servers keep idle connections (5 s is a common default): a request must not leave on one that is closing.
_IDLE = 3.0


class Lines:
    """Up to 40 connections; `closing` closes them all when it is left."""

    def __init__(self, address: httpx.URL) -> None:
        self._proxy = _proxy(address)
        self._room = anyio.Semaphore(_MOST, fast_acquire=True)
        self._free: list[httpx.AsyncHTTPTransport] = []
        self.closing = AsyncExitStack()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        """A connection that nobody else uses meanwhile. It knows neither cookies nor redirects."""
        async with self._room:
            line = self._free.pop() if self._free else await self._another()
            try:
                yield line
            finally:
                self._free.append(line)

    async def _another(self) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=_IDLE)
        return await self.closing.enter_async_context(
            httpx.AsyncHTTPTransport(verify=tls(), limits=limits, proxy=self._proxy)
        )


def _proxy(address: httpx.URL) -> str | None:
    """What the environment names: its proxies are for the world outside, not for this machine."""
    if is_loopback(address.host) or proxy_bypass(address.host):
        return None
    named = getproxies()
    proxy = named.get(address.scheme) or named.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
