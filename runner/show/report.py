"""A run as a page of its own: what its template is given. One HTML file that needs nothing but itself."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from runner import __version__
from runner.bql.jinja import render_page
from runner.counted import counted
from runner.show.depthchart import charts
from runner.show.table import figure, size
from runner.show.timeline import sessions
from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runner.jsonvalue import JsonObject
    from runner.run.report import Reported

STATUSES = ("done", "failed", "pending", "submitted", "downloading")


def report_page(title: str, exports: Sequence[Reported], link: Callable[[str], str]) -> str:
    """The page. `link` makes the address of a file, seen from where the page will be."""
    values = {
        "title": title,
        "made_at": now(),
        "version": __version__,
        "totals": _totals(exports),
        "projects": _projects(exports),
        "failures": [each for each in exports if each.error],
        "sessions": sessions(exports),
        "charts": charts(exports),
        "exports": exports,
        "link": link,
        "figure": figure,
        "size": size,
        "counted": counted,
    }
    return render_page("report.html.j2", values)


def _totals(exports: Sequence[Reported]) -> JsonObject:
    return {"counts": [(status, _count(exports, status)) for status in STATUSES if _count(exports, status)]} | _sums(
        exports
    )


def _count(exports: Iterable[Reported], status: str) -> int:
    return sum(each.status == status for each in exports)


def _sums(exports: Sequence[Reported]) -> JsonObject:
    done = [each for each in exports if each.status == "done"]
    return {
        "exports": len(exports),
        "done": len(done),
        "failed": _count(exports, "failed"),
        "rows": sum(each.rows or 0 for each in done),
        "bytes": sum(each.bytes or 0 for each in done),
        "credits": round(sum(each.credits for each in exports), 1),
    }


def _projects(exports: Sequence[Reported]) -> list[JsonObject]:
    by_project: defaultdict[str, list[Reported]] = defaultdict(list)
    for each in exports:
        by_project[f"{each.org}/{each.project}"].append(each)
    return [{"name": name, **_sums(each)} for name, each in sorted(by_project.items())]
