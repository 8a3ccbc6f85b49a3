"""From a call to its answer: faults first and last, the handler in between, every refusal in the envelope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import Answer, refusal
from runner.emulator.api.limits import Pace
from runner.emulator.api.misbehaviour import instead_of, made_worse
from runner.emulator.api.routes import route
from runner.emulator.errors import Refused

if TYPE_CHECKING:
    from runner.emulator.api.call import Call
    from runner.emulator.service import Service


class Dispatcher:
    """Answers calls; runs in a thread for each of them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pace = Pace()

    def answer(self, call: Call) -> Answer:
        """The answer to a call. Calls to the emulator's own pages are neither logged nor struck by faults."""
        if call.path == "/" or call.path.startswith("/_emulator"):
            return self._handled(call)
        call = replace(call, faults=tuple(self._service.faults.take(call.method, call.path)))
        answer = instead_of(call) or made_worse(call, self._handled(call))
        self._note(call, answer)
        return answer

    def _handled(self, call: Call) -> Answer:
        world = self._service.world
        try:
            cancel = world.behaviour.cancel == "delete"
            handler, names = route(call.origin, call.method, call.path, cancel=cancel)
            if call.path.startswith("/v1"):
                self._pace.check(token_of(call) or "", world.limits.requests_per_second, self._service.clock())
            return handler(self._service, replace(call, names=names))
        except Refused as refused:
            after = world.limits.retry_after
            asked = {"retry-after": str(after)} if refused.status == 429 and after else {}
            return refusal(refused, world.behaviour, {**refused.headers, **asked})

    def _note(self, call: Call, answer: Answer) -> None:
        self._service.log.add(
            {
                "time": self._service.clock(),
                "origin": call.origin,
                "method": call.method,
                "path": call.path,
                "query": dict(call.query),
                "token": "authorization" in call.headers,
                "range": call.headers.get("range"),
                "status": None if answer.reset else answer.status,
                "faults": [fault.name for fault in call.faults],
            }
        )
