"""Which API is talked to: the addresses a token may go to, and the name that an API's exports are known by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from runner.errors import UsageError

EMULATOR = "emulator"
BOTIFY = "api.botify.com"
# The same API under two addresses (OLD collections.md: the app's own cURL sample).
_BOTIFY_PATHS = {"api.botify.com": "", "app.botify.com": "/api"}
_DEFAULT_PORTS = {"https": 443, "http": 80}
# What a base address may be written with. Anything else (\, @, spaces, letters of other scripts) is where two
# parsers begin to disagree about the host.
_HARMLESS = re.compile(r"[A-Za-z0-9.:/_~%\[\]-]+")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_HINT = "a spec names https://api.botify.com, https://app.botify.com/api, a loopback address or `emulator`"


@dataclass(frozen=True, slots=True)
class _Address:
    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def api_base(url: str) -> str:
    """The address that paths like /v1/jobs are put behind, without a slash at its end.

    Raises UsageError, which never repeats a password.
    """
    address = _parse(url)
    if address.host in _BOTIFY_PATHS:
        return _botify(address)
    if address.scheme != "https" and not is_loopback(address.host):
        raise UsageError(f"the API address {address} is plain http, which is for loopback only", "write https://")
    return str(address)


def refuse_in_spec(url: str) -> None:
    """Raise UsageError for an address that only --api-url or BOTIFY_API_URL may name, and for what is none.

    A spec, which anyone's pull request can change, names Botify's own hosts and loopback.
    """
    host = _parse(api_base(url)).host
    if host not in _BOTIFY_PATHS and not is_loopback(host):
        raise UsageError(f"a spec must not send its token to {host}", f"{_HINT}; --api-url names any other")


def identity(url: str) -> str:
    """What fingerprints call this API: the same for both of Botify's hosts, `emulator` for the embedded one.

    Any other is its host and port, and a path where it has one.
    """
    if url == EMULATOR:
        return EMULATOR
    address = _parse(url)
    if address.host in _BOTIFY_PATHS:
        return BOTIFY
    host = "127.0.0.1" if address.host == "localhost" else address.host
    return f"{f'[{host}]' if ':' in host else host}:{address.port}{address.path}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or number alone, without asking anyone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def path(*names: str | int) -> str:
    """A path of the API. Names may hold anything (spaces, %, ?, #, other scripts): each is one segment."""
    return "/v1/" + "/".join(quote(str(name).encode("utf-8", "surrogatepass"), safe="") for name in names)


def _botify(address: _Address) -> str:
    wanted = _BOTIFY_PATHS[address.host]
    if (address.scheme, address.port) != ("https", 443):
        raise UsageError(f"Botify's API is not at {address}", f"write https://{address.host}{wanted}")
    if address.path != wanted:
        raise UsageError(f"Botify's API is not at {address}", f"write https://{address.host}{wanted}")
    return str(address)


def _parse(url: str) -> _Address:
    text = url.strip()
    if not _HARMLESS.fullmatch(text):
        raise UsageError(
            "the API address is empty or holds a user, a password, a query, a fragment or a character no host has",
            _HINT,
        )
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"{text} is no address", _HINT) from None
    if scheme not in _DEFAULT_PORTS or not _is_host(host) or port == 0:
        # What is no address at all may be a token, in the wrong place.
        raise UsageError(f"{text if '://' in text else 'the API address'} is no http or https address", _HINT)
    base = parts.path.rstrip("/").removesuffix("/v1")
    return _Address(scheme, host, port or _DEFAULT_PORTS[scheme], base.rstrip("/"))


def _is_host(host: str) -> bool:
    if ":" not in host:
        return len(host) <= 253 and bool(_NAME.fullmatch(host))
    try:
        return bool(ip_address(host).compressed)
    except ValueError:
        return False
