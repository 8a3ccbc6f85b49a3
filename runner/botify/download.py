"""Open a finished export's address: no token, no cookies, no credentials of any kind, and redirects only onward.

The address is a secret of its own; it is in no message that is raised here.
"""

from __future__ import annotations

import atexit
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from runner.botify.http import httpx, no_cookies, tls
from runner.botify.retry import retry_after
from runner.errors import DownloadError
from runner.files.link import LinkBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REDIRECTS = 5
# No file is longer: more digits are for no number that Python would read.
_NUMBER = re.compile(r"[0-9]{1,18}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Reading waits for the next bytes, not for the whole: a slow file is not a broken one.
_TIMEOUT = httpx.Timeout(connect=10, read=60, write=30, pool=None)


@dataclass(slots=True)
class OpenDownload:
    """One answer of the file's server, its body still to be read; the shape that runner.files.link asks for."""

    response: httpx.Response
    status: int
    etag: str | None
    last_modified: str | None
    length: int | None
    start: int
    total: int | None
    retry_after: float | None

    def chunks(self) -> Iterator[bytes]:
        """The body's bytes as they cross the network, whatever encoding they claim to have."""
        with _as_link_broken():
            yield from self.response.iter_raw()


@contextmanager
def open_download(url: str, headers: Mapping[str, str]) -> Iterator[OpenDownload]:
    """GET `url`; raises LinkBroken for what may pass and DownloadError for an address that must not be followed."""
    response = _follow(_checked(url, secure=False), headers)
    try:
        yield _answer(response)
    finally:
        response.close()


def _follow(url: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
    for _ in range(_REDIRECTS + 1):
        client = _client(trust_env=url.host not in _LOOPBACK)
        with _as_link_broken():
            response = client.send(client.build_request("GET", url, headers=dict(headers)), stream=True)
        if not response.has_redirect_location:
            return response
        response.close()
        url = _checked(response.headers["Location"], secure=url.scheme == "https", base=url)
    raise DownloadError(f"the file's address redirects more than {_REDIRECTS} times")


def _checked(address: str, *, secure: bool, base: httpx.URL | None = None) -> httpx.URL:
    """The address, if it may be opened: https, or http to loopback, without user and password."""
    try:
        url = httpx.URL(address) if base is None else base.join(address)
        host = url.host
    except (httpx.InvalidURL, ValueError):
        # What is no Punycode, and half a character, are UnicodeErrors; the former when the host is asked for.
        raise DownloadError("the file's address is no URL") from None
    plain = url.scheme == "http" and host in _LOOPBACK and not secure
    if not host or not (url.scheme == "https" or plain):
        raise DownloadError(f"the file's address leads to {url.scheme or 'no scheme'}: only https is fetched")
    if url.userinfo:
        raise DownloadError("the file's address carries a user or a password, which is never sent")
    return url


@cache
def _client(*, trust_env: bool) -> httpx.Client:
    """One client for the life of the process, so that connections to the file host are used again.

    Loopback is never asked for through a proxy, so there the environment is not looked at.
    """
    client = httpx.Client(timeout=_TIMEOUT, cookies=no_cookies(), trust_env=trust_env, verify=tls())
    atexit.register(client.close)
    return client


@contextmanager
def _as_link_broken() -> Iterator[None]:
    """httpx's transport errors without their text, which may hold the address."""
    try:
        yield
    except httpx.TransportError as error:
        raise LinkBroken(f"the connection to the file's server failed: {type(error).__name__}") from None
    except UnicodeError:
        # httpx looks at where an answer redirects to, though it is not asked to follow.
        raise DownloadError("the file's address redirects to what is no URL") from None


def _answer(response: httpx.Response) -> OpenDownload:
    header = response.headers
    start, total = _content_range(header.get("Content-Range", ""))
    length = header.get("Content-Length", "")
    return OpenDownload(
        response=response,
        status=response.status_code,
        etag=header.get("ETag"),
        last_modified=header.get("Last-Modified"),
        length=_number(length),
        start=start,
        total=total,
        retry_after=retry_after(header),
    )


def _content_range(text: str) -> tuple[int, int | None]:
    """`bytes 5-9/10` is (5, 10); `bytes */10` (0, 10); anything else (0, None)."""
    spans, _, total = text.removeprefix("bytes ").partition("/")
    first = spans.partition("-")[0]
    return _number(first) or 0, _number(total)


def _number(text: str) -> int | None:
    """A number that a file may have to do with; None for anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None
