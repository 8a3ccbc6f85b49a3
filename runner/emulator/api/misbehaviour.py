"""Faults, applied: answers that come instead of the right one, and right answers made worse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.emulator.api.call import Answer, json_answer
from runner.emulator.errors import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.emulator.api.call import Call
    from runner.emulator.faults import Fault

_PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_BODILESS = (204, 205, 304)


def instead_of(call: Call) -> Answer | None:
    """An answer without the call being handled, if a fault says so."""
    for fault in call.faults:
        made = _INSTEAD.get(fault.name)
        if made and not fault.options.get("after"):
            return made(fault)
    return None


def made_worse(call: Call, answer: Answer) -> Answer:
    """The answer to a handled call, after its faults."""
    for fault in call.faults:
        if fault.name in _INSTEAD:
            answer = _INSTEAD[fault.name](fault)
        elif fault.name in _WORSE:
            answer = _WORSE[fault.name](fault, answer)
    return answer


def _status(fault: Fault) -> Answer:
    status = int(fault.options.get("status", 503))
    headers = {"retry-after": str(fault.options["retry_after"])} if "retry_after" in fault.options else {}
    if fault.options.get("body") == "html":
        return Answer(status, _PAGE, {"content-type": "text/html", **headers})
    if fault.options.get("body") == "empty" or status in _BODILESS:
        return Answer(status, headers=headers)
    code = int(fault.options.get("code", {401: 1001, 403: 1002, 429: 1053}.get(status, 1000)))
    error = {"error": {"error_code": str(code), "message": MESSAGES.get(code, MESSAGES[1000])}}
    return json_answer(error, status, headers)


def _html(fault: Fault) -> Answer:
    return Answer(int(fault.options.get("status", 200)), _PAGE, {"content-type": "text/html"})


def _redirect(fault: Fault) -> Answer:
    location = str(fault.options.get("location", "http://127.0.0.1:9/elsewhere"))
    return Answer(int(fault.options.get("status", 302)), headers={"location": location})


def _delay(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, delay=float(fault.options.get("seconds", 1)))


def _reset(_: Fault, answer: Answer) -> Answer:
    return replace(answer, reset=True)


def _truncated(fault: Fault, answer: Answer) -> Answer:
    """The length of the whole file is promised and part of it sent; of other bodies, part is all there is."""
    keep = float(fault.options.get("keep", 0.5))
    if answer.file is None:
        return replace(answer, body=answer.body[: _place(keep, len(answer.body))])
    return replace(answer, file=replace(answer.file, cut=_place(keep, answer.file.length)))


def _corrupt(fault: Fault, answer: Answer) -> Answer:
    """One byte is another."""
    at = float(fault.options.get("at", 0.5))
    if answer.file is None:
        place = _place(at, len(answer.body))
        return replace(answer, body=answer.body[:place] + b"\x00" + answer.body[place + 1 :])
    return replace(answer, file=replace(answer.file, flip=answer.file.start + _place(at, answer.file.length)))


def _drip(fault: Fault, answer: Answer) -> Answer:
    pace = int(fault.options.get("bytes_per_second", 1000))
    if answer.file is None:
        return replace(answer, pace=pace)
    return replace(answer, file=replace(answer.file, pace=pace))


def _place(share: float, length: int) -> int:
    """Below 1 a share of the length, from 1 on a number of bytes."""
    return int(length * share if share < 1 else share)


_INSTEAD: Mapping[str, Callable[[Fault], Answer]] = {
    "status": _status,
    "html": _html,
    "redirect": _redirect,
    "reset_before": lambda fault: _reset(fault, Answer()),
}
_WORSE: Mapping[str, Callable[[Fault, Answer], Answer]] = {
    "delay": _delay,
    "reset_after": _reset,
    "reset_late": _reset,
    "truncated": _truncated,
    "corrupt": _corrupt,
    "drip": _drip,
}
