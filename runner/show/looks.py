"""What a look brings: crawls, depths and fields, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.botify.envelope import readable
from runner.counted import counted
from runner.show.table import figure, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.botify.answers import Analysis
    from runner.jsonvalue import JsonObject
    from runner.plan.look import Depths, NamedField
    from runner.spec.model import Project

DEPTHS_HEAD = ("depth", "count", "cumulative", "share")


def analyses_json(project: Project, crawls: Sequence[Analysis]) -> JsonObject:
    """The object that `bqlrun analyses --json` prints."""
    return {**_place(project), "analyses": [_analysis_json(each) for each in crawls]}


def _analysis_json(crawl: Analysis) -> JsonObject:
    return {"slug": crawl.slug, "status": crawl.status, "date": _date(crawl), "urls": crawl.urls_done}


def analyses_text(crawls: Sequence[Analysis]) -> str:
    """A line a crawl, newest first."""
    if not crawls:
        return "no crawl yet"
    lines = [
        (each.slug, readable(each.status), _date(each) or "", "" if each.urls_done is None else figure(each.urls_done))
        for each in crawls
    ]
    return table(("analysis", "status", "date", "urls"), lines, frozenset({3}))


def _date(crawl: Analysis) -> str | None:
    """The day it finished, else the one that its slug is named after."""
    if crawl.date_finished:
        return readable(crawl.date_finished)[:10]
    day = crawl.slug[:8]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 and day.isdecimal() else None


def depths_json(project: Project, depths: Depths) -> JsonObject:
    """The object that `bqlrun depths --json` prints; shares are of all URLs, from 0 to 1."""
    found = depths.distribution
    return {
        **_place(project),
        "analysis": depths.analysis,
        "limit": depths.limit,
        "max_safe": depths.safe,
        "total": found.total,
        "without_depth": found.without_depth,
        "depths": [
            {"depth": depth, "count": count, "cumulative": cumulative, "share": round(count / found.total, 6)}
            for (depth, count), (_, cumulative) in zip(found.counts, found.cumulative(), strict=True)
        ],
    }


def depths_text(depths: Depths) -> str:
    """A line a depth, and a line across where an export ends."""
    found = depths.distribution
    if not found.total:
        return f"{depths.analysis} has no URLs"
    lines = [
        (str(depth), figure(count), figure(cumulative), _share(count, found.total))
        for (depth, count), (_, cumulative) in zip(found.counts, found.cumulative(), strict=True)
    ]
    if found.without_depth:
        lines.append(
            ("none", figure(found.without_depth), figure(found.total), _share(found.without_depth, found.total))
        )
    head, *rows = table(DEPTHS_HEAD, lines, frozenset({0, 1, 2, 3})).split("\n")
    return "\n".join([head, *_with_limit(depths, rows), "", _summary(depths)])


def _with_limit(depths: Depths, rows: list[str]) -> list[str]:
    """The rows with the safe depth marked, and the limit drawn in before the first row that goes beyond it."""
    cumulative = depths.distribution.cumulative()
    fitting = sum(total <= depths.limit for _, total in cumulative)
    marked = [f"{row}  <- max_safe" if index == fitting - 1 else row for index, row in enumerate(rows)]
    if fitting < len(cumulative):
        text = f" {figure(depths.limit)} rows: an export takes no more "
        marked.insert(fitting, text.center(max(len(row) for row in marked), "-"))
    return marked


def _summary(depths: Depths) -> str:
    found = depths.distribution
    what = f"{depths.analysis}: {figure(found.total)} URLs"
    safe = "nothing fits into one export" if found.counts else "no URL has a depth"
    if depths.safe is not None:
        safe = f"max_safe is depth {depths.safe}, {counted(found.between(None, depths.safe), 'row')}"
    have = "has" if found.without_depth == 1 else "have"
    without = f"; {figure(found.without_depth)} {have} no depth" if found.without_depth else ""
    return f"{what}; {safe}{without}"


def _share(count: int, total: int) -> str:
    return f"{count / total:.1%}"


def fields_json(project: Project, collection: str, fields: Sequence[NamedField]) -> JsonObject:
    """The object that `bqlrun fields --json` prints."""
    return {**_place(project), "collection": collection, "fields": [_field_json(each) for each in fields]}


def _field_json(named: NamedField) -> JsonObject:
    field = named.field
    multiple = field.multiple
    return {"id": field.id, "name": field.name, "type": field.type, "multiple": multiple, "alias": named.alias}


def fields_text(fields: Sequence[NamedField]) -> str:
    """A line a field."""
    lines = [
        (
            readable(each.field.id),
            readable(each.field.name),
            readable(each.field.type),
            "multiple" if each.field.multiple else "",
            each.alias or "",
        )
        for each in fields
    ]
    return table(("id", "name", "type", "", "alias"), lines)


def _place(project: Project) -> JsonObject:
    return {"org": project.org, "project": project.project}
