"""The crawls of a project, newest first."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import json_answer
from runner.emulator.api.pages import page_of
from runner.emulator.errors import Refused, not_found

if TYPE_CHECKING:
    from runner.emulator.api.call import Answer, Call
    from runner.emulator.service import Service
    from runner.emulator.world import Crawl, Project
    from runner.jsonvalue import JsonObject


def light(service: Service, call: Call) -> Answer:
    """The short list; crawls that failed or still run are left out unless they are asked for."""
    project = service.project(token_of(call), call.names["org"], call.names["project"]).project
    only_success = call.query.get("only_success", "true").lower() not in ("false", "0")
    crawls = [crawl for crawl in _newest_first(project) if crawl.queryable or not only_success]
    return json_answer(page_of(call, [_light(project, crawl) for crawl in crawls]))


def full(service: Service, call: Call) -> Answer:
    """The long list, of every status."""
    project = service.project(token_of(call), call.names["org"], call.names["project"]).project
    return json_answer(page_of(call, [_full(project, crawl) for crawl in _newest_first(project)]))


def summary(service: Service, call: Call) -> Answer:
    """One crawl."""
    return json_answer(_full(*_named(service, call)))


def crawl_statistics(service: Service, call: Call) -> Answer:
    """What the crawler met while it ran, which the real service does not have of every crawl, and this one of none."""
    _named(service, call)
    raise not_found(code=1011)


def segments(service: Service, call: Call) -> Answer:
    """Refused: nothing public shows the answer. As fields of a query, segments are there."""
    _named(service, call)
    raise Refused(400, 1034)


def _named(service: Service, call: Call) -> tuple[Project, Crawl]:
    project = service.project(token_of(call), call.names["org"], call.names["project"]).project
    crawl = project.crawl(call.names["analysis"])
    if crawl is None:
        raise not_found(code=1004)
    return project, crawl


def _newest_first(project: Project) -> list[Crawl]:
    return list(reversed(project.crawls))


def _common(project: Project, crawl: Crawl) -> JsonObject:
    started = datetime.combine(crawl.date, time(), UTC) + timedelta(hours=6 + crawl.order[1])
    finished = started + timedelta(minutes=90)
    ended = crawl.status in ("success", "failed")
    return {
        "slug": crawl.slug,
        "name": crawl.name,
        "status": crawl.status,
        "url": f"https://app.botify.com/{project.org}/{project.slug}/{crawl.slug}/",
        "urls_done": crawl.crawled,
        "urls_in_queue": 0 if ended else 1_000,
        "date_launched": _iso(started),
        "date_finished": _iso(finished) if ended else None,
        "date_last_modified": _iso(finished),
    }


def _light(project: Project, crawl: Crawl) -> JsonObject:
    common = _common(project, crawl)
    return common | {
        "pk": str(88_000 + crawl.seed),
        "friendly_name": common["name"],
        "date_created": common["date_launched"],
        "to_be_deleted_at": None,
        "comparable": crawl.queryable,
        "excluded_from_trends": False,
        "has_raw_pages": False,
    }


def _full(project: Project, crawl: Crawl) -> JsonObject:
    names = ("main", "links", "segments", "visits", "search_engines", "sitemaps", "extract", "rel", "comparison")
    return _common(project, crawl) | {
        "id": 88_000 + crawl.seed,
        "user": {"login": project.org},
        "features": {name: {} for name in names},
        "failures": [] if crawl.status != "failed" else ["crawl interrupted"],
        "config": {},
        "red_button_domain": None,
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
