"""What an answer means: reads are repeated until they succeed, a job's creation is sent once, a no is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.botify.envelope import NotJson, parse, readable, words
from runner.botify.retry import Throttled, Transient, persist, retry_after
from runner.botify.wire import AnswerTooLarge, NoAnswer
from runner.errors import ApiAnswerError, ApiRefused, ApiThrottled, ExportRunning, OutcomeUnknown, TokenRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.botify.account import Access, Accounts
    from runner.botify.envelope import Words
    from runner.botify.retry import Patience, Trouble
    from runner.botify.wire import Answer, Bounds, Request, Wire
    from runner.jsonvalue import JsonValue

_REQUEST_TIMEOUT = 408
_TOO_MANY = 429
# The longest a 429 to a creation holds up reads: it may mean a quota, which says nothing of how fast to read.
_CREATION_HOLDS_UP = 30.0
# "A CSV export is already running", "An advanced export is already running": documented, without a status.
_RUNNING = frozenset({"1052", "1058"})


class Exchange:
    """Requests of one API's accounts, paced; `tell` hears of every try that is repeated."""

    def __init__(
        self, wire: Wire, accounts: Accounts, patience: Patience, bounds: Bounds, tell: Callable[[Trouble], None]
    ) -> None:
        self._wire, self._accounts, self._patience, self._bounds = wire, accounts, patience, bounds
        self._tell = tell

    async def read(self, org: str, request: Request) -> JsonValue:
        """The JSON that a request which changes nothing is answered with.

        Raises ApiRefused (4xx), ApiUnavailable (trouble that outlived every try), ApiAnswerError (a redirect, a flood).
        """
        access = self._accounts.of(org)
        return await persist(lambda: self._read_once(access, request), self._patience, self._tell)

    async def create(self, org: str, request: Request) -> JsonValue:
        """The JSON of a 2xx to a request that must not be repeated unless it certainly never left.

        Raises ApiRefused (4xx; ApiThrottled for 429), OutcomeUnknown, and ApiUnavailable if it never left.
        """
        access = self._accounts.of(org)
        return await persist(lambda: self._create_once(access, request), self._patience, self._tell)

    async def idle(self, org: str, patience: float) -> None:
        """Return when no request of the organisation's account waits for its turn, or after `patience` seconds."""
        await self._accounts.of(org).pace.idle(patience)

    async def _send(self, access: Access, request: Request, silence: float) -> Answer:
        trip = await access.pace.turn()
        try:
            return await self._wire.send(request, access.token, silence=silence)
        finally:
            access.pace.arrived(trip)

    async def _read_once(self, access: Access, request: Request) -> JsonValue:
        try:
            answer = await self._send(access, request, self._bounds.read)
        except NoAnswer as failure:
            raise Transient(f"{request.route} {failure.reason}") from None
        except AnswerTooLarge:
            raise ApiAnswerError(f"the answer to {request.route} is larger than {self._bounds.size} bytes") from None
        asked = retry_after(answer.headers)
        if answer.status == _TOO_MANY:
            access.pace.throttled(asked)
            raise Throttled(ApiThrottled(_said(access, request, answer), status=_TOO_MANY))
        if _is_transient(answer.status):
            raise Transient(_said(access, request, answer), asked)
        access.pace.succeeded()
        return _meaning(access, request, answer)

    async def _create_once(self, access: Access, request: Request) -> JsonValue:
        try:
            answer = await self._send(access, request, self._bounds.create)
        except NoAnswer as failure:
            if failure.left:
                raise OutcomeUnknown(f"{request.route} {failure.reason}", answered=False) from None
            raise Transient(f"{request.route} {failure.reason}") from None
        except AnswerTooLarge:
            raise OutcomeUnknown(f"the answer to {request.route} was too large to read", answered=True) from None
        if answer.status == _TOO_MANY and _words(access, answer).code not in _RUNNING:
            asked = retry_after(answer.headers)
            access.pace.throttled(None if asked is None else min(asked, _CREATION_HOLDS_UP))
        else:
            access.pace.succeeded()
        return _created(access, request, answer)


# What to do about a definite no, where its status says that much.
_ADVICE = {
    400: "the query is at fault, or a field that this project lacks: `bqlrun render` shows what is asked",
    403: "the token's account may not do this: another one may, under `api.tokens`",
    404: "check the organisation, the project and the crawl: `bqlrun analyses ORG/PROJECT` lists the crawls",
}


def _is_transient(status: int) -> bool:
    return status == _REQUEST_TIMEOUT or not 200 <= status < 500


def _meaning(access: Access, request: Request, answer: Answer) -> JsonValue:
    """The JSON of a 2xx; the error that a 3xx or 4xx is; Transient for a 2xx without JSON."""
    if 300 <= answer.status < 400:
        raise ApiAnswerError(
            f"{_said(access, request, answer)}: a redirect, which is not followed", "check the API's address"
        )
    if answer.status >= 400:
        raise _refusal(access, request, answer)
    try:
        return parse(answer.body)
    except NotJson:
        kind = readable(answer.headers.get("content-type", "no type"), access.token.hidden_in)
        raise Transient(f"{_said(access, request, answer)} with something that is no JSON ({kind})") from None


def _created(access: Access, request: Request, answer: Answer) -> JsonValue:
    """The JSON of a 2xx; a 4xx is a definite no; nobody knows what anything else means.

    408 is no definite no: a proxy may say it while the server behind it goes on.
    """
    if 400 <= answer.status < 500 and answer.status != _REQUEST_TIMEOUT:
        raise _refusal(access, request, answer)
    if not 200 <= answer.status < 300:
        raise OutcomeUnknown(_said(access, request, answer), answered=True)
    try:
        return parse(answer.body)
    except NotJson:
        raise OutcomeUnknown(f"{_said(access, request, answer)}, but not with JSON", answered=True) from None


def _refusal(access: Access, request: Request, answer: Answer) -> ApiRefused:
    message, said = _said(access, request, answer), _words(access, answer)
    kinds = {401: TokenRefused, _TOO_MANY: ApiThrottled}
    if answer.status == 401:
        message += f"; the token comes from {access.token.source}"
    kind = ExportRunning if said.code in _RUNNING else kinds.get(answer.status, ApiRefused)
    advice = _ADVICE.get(answer.status, "")
    return kind(message, status=answer.status, error_code=said.code, detail=said.message, hint=advice)


def _said(access: Access, request: Request, answer: Answer) -> str:
    return f"{request.route} was answered {answer.status}{_words(access, answer)}"


def _words(access: Access, answer: Answer) -> Words:
    """What the API says, without the token."""
    return words(answer.body, access.token.hidden_in)
