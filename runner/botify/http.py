"""The one import of httpx, and what both clients share: TLS, loopback, and a silence about addresses."""

from __future__ import annotations

import logging
import sys
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

# Its own command line, which it can do without, loads click wherever that is installed: 15 ms of each command of ours.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: there is none
import httpx  # noqa: E402

if TYPE_CHECKING:
    import ssl

__all__ = ["httpx", "no_cookies", "tls"]

# At INFO and DEBUG these write every address they open, and a download address is a secret.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@cache
def tls() -> ssl.SSLContext:
    """One context for every client: making it takes longer than making the client."""
    return httpx.create_ssl_context()


def no_cookies() -> CookieJar:
    """A jar that takes nothing: no server gets to mark a client."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
