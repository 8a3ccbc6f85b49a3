"""The page at `/`: what is served, the last jobs, the last requests. For people."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from runner.emulator.api.call import Answer
from runner.emulator.api.times import iso
from runner.emulator.exports import KINDS, LEGACY
from runner.emulator.jobs import Shown, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.emulator.api.call import Call
    from runner.emulator.service import Service

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .7rem;border-bottom:1px solid #ddd}"
    "td{overflow-wrap:anywhere}td:first-child{white-space:nowrap}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code{background:#f3f3f3;padding:0 .25rem}"
)
_SHOWN = 30


def page(service: Service, call: Call) -> Answer:
    """An HTML page without scripts, and without a token or a download address."""
    body = "".join(
        (
            f"<h1>bqlrun emulator</h1><p>The API is at <code>{escape(call.base)}</code>.</p>",
            _table("Projects", ("organisation", "project", "collections", "URLs"), _projects(service)),
            _table("Jobs", ("id", "kind", "project", "status", "created"), _jobs(service)),
            _table("Faults", ("fault", "route", "times left"), _faults(service)),
            _table("Last requests", ("time", "origin", "request", "token", "status"), _requests(service)),
        )
    )
    html = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>bqlrun emulator</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    return Answer(200, html.encode(), {"content-type": "text/html; charset=utf-8"})


def _table(title: str, columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    lines = ["".join(f"<td>{escape(str(value))}</td>" for value in row) for row in rows]
    filled = "".join(f"<tr>{line}</tr>" for line in lines) or "<tr><td>none</td></tr>"
    return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{filled}</tbody></table>"


def _projects(service: Service) -> list[tuple[object, ...]]:
    return [
        (
            found.project.org,
            found.project.slug,
            ", ".join(collection.id for collection in found.collections) or "none",
            f"{sum(crawl.crawled for crawl in found.project.crawls):,}",
        )
        for found in service.catalogues.values()
    ]


def _jobs(service: Service) -> list[tuple[object, ...]]:
    now = service.clock()
    orgs = tuple({project.org for project in service.world.projects})
    _, jobs = service.jobs.page(Wanted(orgs, Shown(now), (*KINDS, LEGACY)), _SHOWN, 0)
    return [(job.id, job.kind, f"{job.org}/{job.project}", job.status(now), iso(job.created)) for job in jobs]


def _faults(service: Service) -> list[tuple[object, ...]]:
    return [
        (fault["fault"], f"{fault['method']} {fault['path']}", fault["times"] or "for ever")
        for fault in service.faults.shown()
    ]


def _requests(service: Service) -> list[tuple[object, ...]]:
    """The newest first; a file's address is a secret, so its path is not shown."""
    return [
        (
            iso(entry["time"]),
            entry["origin"],
            f"{entry['method']} {'(a file)' if entry['origin'] == 'downloads' else entry['path']}",
            "yes" if entry["token"] else "no",
            entry["status"] or "reset",
        )
        for entry in service.log.entries()[: -_SHOWN - 1 : -1]
    ]
