"""The token, and who it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.call import json_answer
from runner.emulator.api.pages import page_of
from runner.emulator.errors import Refused, not_found

if TYPE_CHECKING:
    from runner.emulator.api.call import Answer, Call
    from runner.emulator.service import Service
    from runner.emulator.world import Project
    from runner.jsonvalue import JsonObject


def token_of(call: Call) -> str | None:
    """The token of the Authorization header; the word before it may be in any case."""
    word, _, token = call.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if word.lower() == "token" and token.strip() else None


def user_of(service: Service, call: Call) -> str:
    """The name of the account: that of its first organisation."""
    return next(iter(service.orgs(token_of(call))), "nobody")


def profile(service: Service, call: Call) -> Answer:
    """Who am I."""
    name = user_of(service, call)
    return json_answer({"data": {"username": name, "login": name, "email": f"{name}@example.com"}})


def user_projects(service: Service, call: Call) -> Answer:
    """An organisation's projects as a bare list."""
    return json_answer(_projects(service, call))


def projects(service: Service, call: Call) -> Answer:
    """An organisation's projects in pages."""
    return json_answer(page_of(call, _projects(service, call)))


def _projects(service: Service, call: Call) -> list[JsonObject]:
    org = call.names["org"]
    allowed = service.orgs(token_of(call))
    found = list(service.world.projects_of(org))
    if not found:
        raise not_found(code=1007)
    if org not in allowed:
        raise Refused(403, 1002)
    return [_shown(project) for project in found]


def _shown(project: Project) -> JsonObject:
    return {
        "name": project.slug,
        "slug": project.slug,
        "active": True,
        "date_created": "2020-01-01T00:00:00Z",
        "user": {"login": project.org},
        "current_settings": {},
    }
