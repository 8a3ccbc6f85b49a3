"""What people save in the app for a project: filters and explorers. The projects here have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import json_answer
from runner.emulator.api.pages import page_of
from runner.emulator.errors import not_found

if TYPE_CHECKING:
    from runner.emulator.api.call import Answer, Call
    from runner.emulator.service import Service


def none(service: Service, call: Call) -> Answer:
    """A list without anything in it."""
    service.project(token_of(call), call.names["org"], call.names["project"])
    return json_answer(page_of(call, []))


def saved_filter(service: Service, call: Call) -> Answer:
    """One filter, which is not there."""
    service.project(token_of(call), call.names["org"], call.names["project"])
    raise not_found()
