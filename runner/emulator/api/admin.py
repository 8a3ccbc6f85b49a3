"""What only an emulator has: the request log, and the switchboard of faults. No token needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runner.emulator.api.call import Answer, json_answer

if TYPE_CHECKING:
    from runner.emulator.api.call import Call
    from runner.emulator.service import Service


def requests(service: Service, _: Call) -> Answer:
    """Every request so far."""
    return json_answer(service.log.entries())


def forget_requests(service: Service, _: Call) -> Answer:
    """Start the request log anew."""
    service.log.clear()
    return Answer(204)


def process(service: Service, _: Call) -> Answer:
    """Which process this is, and what it serves."""
    names = [f"{project.org}/{project.slug}" for project in service.world.projects]
    return json_answer({"pid": os.getpid(), "downloads": service.downloads, "projects": names})


def faults(service: Service, _: Call) -> Answer:
    """The faults that still can strike."""
    return json_answer(service.faults.shown())


def install_faults(service: Service, call: Call) -> Answer:
    """Misbehave from now on."""
    service.faults.install(call.json())
    return json_answer(service.faults.shown(), 201)


def clear_faults(service: Service, _: Call) -> Answer:
    """Behave again."""
    service.faults.clear()
    return Answer(204)
