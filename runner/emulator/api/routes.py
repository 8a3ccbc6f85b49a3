"""Which handler answers which method and path."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from runner.emulator.api import (
    account,
    admin,
    analyses,
    collections,
    downloads,
    jobs,
    legacyexport,
    page,
    query,
    saved,
    urls,
)
from runner.emulator.api.call import json_answer
from runner.emulator.errors import Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.emulator.api.call import Answer, Call
    from runner.emulator.service import Service

    Handler = Callable[[Service, Call], Answer]

_API: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v1/authentication/profile", account.profile),
    ("GET", "/v1/users/{org}/projects", account.user_projects),
    ("GET", "/v1/projects/{org}", account.projects),
    ("GET", "/v1/analyses/{org}/{project}", analyses.full),
    ("GET", "/v1/analyses/{org}/{project}/light", analyses.light),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}", analyses.summary),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/crawl_statistics", analyses.crawl_statistics),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/segments", analyses.segments),
    ("GET", "/v1/projects/{org}/{project}/filters", saved.none),
    ("GET", "/v1/projects/{org}/{project}/filters/{filter}", saved.saved_filter),
    ("GET", "/v1/projects/{org}/{project}/account_filters", saved.none),
    ("GET", "/v1/projects/{org}/{project}/saved_explorers", saved.none),
    ("GET", "/v1/projects/{org}/{project}/collections", collections.collections),
    ("GET", "/v1/projects/{org}/{project}/collections/{collection}", collections.collection),
    ("POST", "/v1/projects/{org}/{project}/query", query.query),
    ("POST", "/v1/analyses/{org}/{project}/{analysis}/urls", urls.urls),
    ("POST", "/v1/analyses/{org}/{project}/{analysis}/urls/aggs", urls.aggregations),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/urls/datamodel", urls.datamodel),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/urls/datasets", urls.datasets),
    ("POST", "/v1/analyses/{org}/{project}/{analysis}/urls/export", legacyexport.create),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/urls/export", legacyexport.listing),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/urls/export/{export}", legacyexport.get),
    ("GET", "/v1/analyses/{org}/{project}/{analysis}/urls/{url:rest}", urls.one_url),
    ("POST", "/v1/logs/{org}/{project}/urls/{start:day}/{end:day}", urls.logs),
    ("POST", "/v1/jobs", jobs.create),
    ("GET", "/v1/jobs", jobs.listing),
    ("GET", "/v1/jobs/{job}", jobs.get),
    ("GET", "/v1/projects/{org}/{project}/jobs", jobs.of_project),
)
# What the real service is not known to have, and a switch adds.
_CANCEL: tuple[tuple[str, str, Handler], ...] = (("DELETE", "/v1/jobs/{job}", jobs.delete),)
_DOWNLOADS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/export_data/{a}/{b}/{c}/{secret}/{name}", downloads.download),
)
_ADMIN: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", page.page),
    ("GET", "/_emulator/requests", admin.requests),
    ("DELETE", "/_emulator/requests", admin.forget_requests),
    ("GET", "/_emulator/process", admin.process),
    ("GET", "/_emulator/faults", admin.faults),
    ("POST", "/_emulator/faults", admin.install_faults),
    ("DELETE", "/_emulator/faults", admin.clear_faults),
)


# What a name in a path may be: no slash, unless it is the rest of the path.
_KINDS = {"": "[^/]+", "rest": ".+", "day": "[0-9]{8}"}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(
        re.sub(r"\{(\w+):?(\w*)\}", lambda name: f"(?P<{name[1]}>{_KINDS[name[2]]})", template), re.DOTALL
    )


_TABLES = {
    origin: [(method, _pattern(template), handler) for method, template, handler in table]
    for origin, table in (("api", _API + _ADMIN), ("cancel", _CANCEL), ("downloads", _DOWNLOADS + _ADMIN))
}


def paths() -> list[str]:
    """The paths that are answered, with the names of their parts in braces."""
    return [template for _, template, _ in (*_API, *_DOWNLOADS, *_ADMIN)]


def route(origin: str, method: str, path: str, *, cancel: bool = False) -> tuple[Handler, dict[str, str]]:
    """The handler of a call and the names in its path; 404 or 405 where there is none."""
    wanted = "GET" if method == "HEAD" else method
    allowed = []
    for known, pattern, handler in _TABLES[origin] + (_TABLES["cancel"] if cancel else []):
        found = pattern.fullmatch(path)
        if found and known == wanted:
            return handler, found.groupdict()
        allowed += [known] if found else []
    if not allowed:
        raise not_found()
    if method == "OPTIONS":
        return partial(_options, allowed), {}
    raise Refused(405, 1039, headers={"allow": _words(allowed)})


def _options(allowed: list[str], _service: Service, call: Call) -> Answer:
    """What a Django service says of an address: the methods that it takes."""
    described = {"name": call.path, "renders": ["application/json"], "parses": ["application/json"]}
    return json_answer(described, headers={"allow": _words(allowed)})


def _words(allowed: list[str]) -> str:
    more = ["HEAD"] if "GET" in allowed else []
    return ", ".join([*dict.fromkeys(allowed), *more, "OPTIONS"])
