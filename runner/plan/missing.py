"""Where the API finds nothing: whether it is the organisation or the project that is not there, and what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import ApiError, ApiRefused, PlanRefused
from runner.near import near

if TYPE_CHECKING:
    from runner.botify.answers import ListedProject
    from runner.botify.client import Botify

NOT_FOUND = 404
# More near names than these help nobody.
NEAREST = 3


async def name_missing(api: Botify, org: str, project: str, refused: ApiRefused) -> None:
    """Raise PlanRefused, with near names, where a 404 is a wrong name; else leave it to who was refused."""
    if refused.status != NOT_FOUND:
        return
    try:
        slugs = [each.slug for each in await projects_of(api, org)]
    except ApiError:
        return
    if project not in slugs:
        message = f"{org} has no project {project}: {refused.message}"
        raise PlanRefused(message, nearest(project, slugs)) from refused


async def projects_of(api: Botify, org: str) -> tuple[ListedProject, ...]:
    """An organisation's projects. Raises ApiError, and PlanRefused where there is no such organisation."""
    try:
        return await api.projects(org)
    except ApiRefused as refused:
        if refused.status != NOT_FOUND:
            raise
        hint = "it is what comes first in the app's addresses: https://app.botify.com/ORG/PROJECT/"
        raise PlanRefused(f"this token sees no organisation {org}: {refused.message}", hint) from refused


def nearest(name: str, slugs: list[str]) -> str:
    """The projects of an organisation that are most like a name, as a hint."""
    known = near(name, slugs, most=NEAREST, likeness=0)
    return f"nearest are {', '.join(known)}" if known else "it has no projects"
