"""Whose request it is: each organisation's token, read where the spec says, and the pace of the account behind it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.botify.pace import Turns
from runner.errors import TokenMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runner.botify.pace import Pace
    from runner.spec.model import Account, Api

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
# Longer than any token: a file that someone named by mistake is not read whole.
_LONGEST_LINE = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A secret that does not show itself. `source` names where it was found, for people."""

    text: str
    source: str

    def __repr__(self) -> str:
        return f"<the token of {self.source}>"

    def __format__(self, form: str) -> str:
        return format(repr(self), form)

    @property
    def authorization(self) -> str:
        """The value of the Authorization header (SW; OLD authentication.md)."""
        return f"Token {self.text}"

    @property
    def account(self) -> str:
        """A name for the token's account, from which the token cannot be found."""
        return hashlib.sha256(f"bqlrun account {self.text}".encode()).hexdigest()[:16]

    def hidden_in(self, text: str) -> str:
        """The text without this token, for servers that quote what they were sent: as it is, or in another spelling."""
        in_json, in_base64 = json.dumps(self.text)[1:-1], base64.b64encode(self.text.encode()).decode()
        for spelling in (self.text, in_json, quote(self.text, safe=""), quote(self.text), in_base64):
            text = text.replace(spelling, "***")
        return text


@dataclass(frozen=True, slots=True)
class Access:
    """What it takes to ask on behalf of an organisation."""

    token: Token
    pace: Pace


def _within_this_process(_account: str, rate: float) -> Pace:
    return Turns(rate)


class Paces:
    """One pace for each token, whichever organisations, specs and clients use it.

    `make` makes one of the account's name (which tells nothing of the token) and a rate.
    """

    def __init__(self, make: Callable[[str, float], Pace] = _within_this_process) -> None:
        self._make = make
        self._paces: dict[str, Pace] = {}

    def of(self, token: Token, rate: float) -> Pace:
        """The pace of a token's account: the slowest that anyone asked for."""
        if token.text not in self._paces:
            self._paces[token.text] = self._make(token.account, rate)
        pace = self._paces[token.text]
        pace.at_most(rate)
        return pace


class Accounts:
    """The accounts of one spec, each looked up when it is first needed."""

    def __init__(self, api: Api, environ: Mapping[str, str], cwd: Path, paces: Paces) -> None:
        self._api, self._environ, self._cwd, self._paces = api, environ, cwd, paces
        self._known: dict[str, Access] = {}

    def of(self, org: str) -> Access:
        """Raises TokenMissing where there is no token, UsageError where there is something else."""
        if org not in self._known:
            account = self._api.account(org)
            token = find_token(account, org, self._environ, self._cwd)
            self._known[org] = Access(token, self._paces.of(token, account.limits.requests_per_second))
        return self._known[org]


def find_token(account: Account, org: str, environ: Mapping[str, str], cwd: Path) -> Token:
    """The token of an organisation's account: the variable's value, else the first line of the file."""
    looked = []
    if account.token_env:
        source = f"the environment variable {account.token_env}"
        if found := environ.get(account.token_env, "").strip("\ufeff \t\r\n"):
            return _checked(found, source)
        looked.append(f"{source} is not set")
    if account.token_file:
        source = f"the file {account.token_file}"
        line = _first_line(cwd / account.token_file, source)
        if line:
            return _checked(line, source)
        looked.append(f"{source} does not exist" if line is None else f"the first line of {source} is empty")
    places = " and ".join(looked) or "the spec names neither a variable nor a file"
    whom = f"organisation {org}" if org else "any organisation"
    raise TokenMissing(f"there is no token for {whom}: {places}", _where_to_put(account))


def _where_to_put(account: Account) -> str:
    wanted = []
    if account.token_env:
        wanted.append(f"set {account.token_env}")
    if account.token_file:
        wanted.append(f"put the token on the first line of {account.token_file}")
    return " or ".join(wanted) or "give the account a token_env or a token_file"


def _first_line(path: Path, source: str) -> str | None:
    """The file's first line, None where there is no file. Other tools write a comment on line 2 (SEED, PIP)."""
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST_LINE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}", "allow it, or set the variable") from error
    if len(line) > _LONGEST_LINE:
        raise UsageError(f"the first line of {source} is too long for a token", "write the token there")
    try:
        return line.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        # The exception would carry the line's bytes.
        raise UsageError(f"the first line of {source} is no UTF-8 text", "write the token there") from None


def _checked(text: str, source: str) -> Token:
    if not _PRINTABLE.fullmatch(text):
        hint = "copy it anew from Botify's settings"
        raise UsageError(f"{source} holds no token: one is printable ASCII without spaces", hint)
    return Token(text, source)
