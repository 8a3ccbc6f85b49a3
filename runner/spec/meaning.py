"""What a schema cannot tell: names that are unique, templates and fields that exist, rules that make sense."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from runner.botify.origins import EMULATOR, refuse_in_spec
from runner.bql.fields import ALIASES, PLAIN_FIELDS
from runner.bql.kinds import LOGS_EXPORT, kind_of
from runner.bql.templates import built_in_templates
from runner.errors import UsageError
from runner.spec.problem import Problem
from runner.spec.projects import analysis_rule
from runner.spec.wording import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.document import Document

Steps = tuple[str | int, ...]
# The first two steps of every path that breaks the schema.
Broken = set[Steps]


def meaning_problems(document: Document, broken: Broken) -> Iterator[Problem]:
    """Everything in a document that fits the schema and makes no sense.

    `broken` parts are left to the schema; the exports that make no sense join them.
    """
    if not broken & {("api",), ("api", "url")}:
        yield from _api_problems(document)
    if not any(path[:1] == ("poll",) for path in broken):
        yield from _poll_problems(document)
    if not any(path[:1] == ("defaults",) for path in broken):
        yield from _rule_problems(document, ("defaults",), document.data.get("defaults", {}))
    for path, project in sound_members(document, "projects", broken):
        if isinstance(project, dict):
            yield from _rule_problems(document, path, project)
    exports = list(sound_members(document, "exports", broken))
    for path, problem in [*_problems_by_export(document, exports), *_repeated_names(document, exports)]:
        broken.add(path)
        yield problem


def sound_members(document: Document, key: str, broken: Broken) -> Iterator[tuple[Steps, JsonValue]]:
    """The members of a list that the schema has nothing against."""
    if (key,) in broken:
        return
    for index, member in enumerate(document.data.get(key, ())):
        if (key, index) not in broken:
            yield (key, index), member


def _api_problems(document: Document) -> Iterator[Problem]:
    url = document.data.get("api", {}).get("url", EMULATOR)
    if url == EMULATOR:
        return
    try:
        refuse_in_spec(url)
    except UsageError as error:
        yield Problem(document.place(("api", "url")), str(error))


def _poll_problems(document: Document) -> Iterator[Problem]:
    poll = document.data.get("poll", {})
    first, longest = poll.get("first", 2), poll.get("max", 30)
    if first > longest:
        yield Problem(document.place(("poll",)), f"`first` ({first:g} s) must not be more than `max` ({longest:g} s)")


def _rule_problems(document: Document, path: Steps, entry: JsonObject) -> Iterator[Problem]:
    if "analysis" in entry:
        yield from _analysis_problems(document, (*path, "analysis"), entry["analysis"])
    depth = entry.get("depth")
    if isinstance(depth, dict) and depth.get("max", depth.get("min")) < depth.get("min", 0):
        message = f"`min` ({depth['min']}) must not be more than `max` ({depth['max']})"
        yield Problem(document.place((*path, "depth")), message)


def _analysis_problems(document: Document, path: Steps, value: JsonValue) -> Iterator[Problem]:
    if analysis_rule(value) is None:
        message = f"{shown(value)} is no analysis: `latest-N` is the N newest, from latest-1 on"
        yield Problem(document.place(path), message)
    if isinstance(value, dict):
        days = [value[end] for end in ("since", "until") if end in value]
        yield from _day_problems(document, path, days, "`since` must not be after `until`")


def _day_problems(document: Document, path: Steps, days: list[str], disorder: str) -> Iterator[Problem]:
    wrong = [day for day in days if not _is_day(day)]
    for day in wrong:
        yield Problem(document.place(path), f"there is no day {day}")
    if not wrong and days != sorted(days):
        yield Problem(document.place(path), disorder)


def _is_day(text: str) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _problems_by_export(document: Document, exports: list[tuple[Steps, JsonValue]]) -> Iterator[tuple[Steps, Problem]]:
    for path, export in exports:
        yield from ((path, problem) for problem in _export_problems(document, path, export))


def _export_problems(document: Document, path: Steps, export: JsonObject) -> Iterator[Problem]:
    yield from _rule_problems(document, path, export)
    yield from _field_problems(document, path, export)
    for index, period in enumerate(export.get("periods", ())):
        if isinstance(period, list):
            where = (*path, "periods", index)
            yield from _day_problems(document, where, period, "a period's first day must not be after its last")
    if export.get("mode") == "list" and export.get("depth") == "split":
        yield Problem(document.place((*path, "depth")), "`mode: list` creates no jobs: there is nothing to split")
    template = export.get("template", "crawl_urls")
    if template in built_in_templates():
        yield from _kind_problems(document, path, export, template)
    elif not (Path(document.file).parent / template).is_file():
        hint = did_you_mean(template, built_in_templates()) or f"; built in are {', '.join(built_in_templates())}"
        yield Problem(document.place((*path, "template")), f"there is no template {shown(template)}{hint}")


def _kind_problems(document: Document, path: Steps, export: JsonObject, template: str) -> Iterator[Problem]:
    kind = kind_of(template)
    if "fields" not in export and not kind.default_fields and not kind.default_metrics:
        yield Problem(document.place(path), f"export {export['name']} lacks `fields`: {template} has none of its own")
    if (kind.search_console or kind.job_type == LOGS_EXPORT) and "periods" not in export:
        yield Problem(document.place(path), f"export {export['name']} lacks `periods`, such as [{{last_days: 30}}]")
    if kind.older:
        yield from _older_problems(document, path, export, template)
    if "depth" in export and not kind.crawl:
        yield Problem(document.place((*path, "depth")), f"{template} reads no crawl, and has no depth")
    elif export.get("depth") == "split" and kind.sized_by is None:
        message = f"{template} cannot be split: its rows are not those of single pages, which depths count"
        yield Problem(document.place((*path, "depth")), message)


def _older_problems(document: Document, path: Steps, export: JsonObject, template: str) -> Iterator[Problem]:
    """What BQLv1 has no place for."""
    if "metrics" in export:
        message = f"{template} takes no `metrics`: what it counts is among its `fields`"
        yield Problem(document.place((*path, "metrics")), message)
    if len(export.get("periods", ())) > 1:
        yield Problem(document.place((*path, "periods")), f"{template} takes one period")
    if export.get("depth") == "split" and kind_of(template).crawl:
        message = f"{template} cannot be split: it is one job of at most {kind_of(template).most_rows:,} rows"
        yield Problem(document.place((*path, "depth")), message)


def _field_problems(document: Document, path: Steps, export: JsonObject) -> Iterator[Problem]:
    """Fields with a dot are the API's to know; one without must be an alias or a field that has none."""
    for part in ("fields", "sort", "metrics"):
        for index, entry in enumerate(export.get(part, ())):
            where = (*path, part, index)
            if isinstance(entry, str):
                yield from _name_problems(document, where, entry)
            elif isinstance(entry.get("field"), str):
                yield from _name_problems(document, (*where, "field"), entry["field"])
    if "filters" in export:
        yield from _filter_problems(document, (*path, "filters"), export["filters"])


def _filter_problems(document: Document, path: Steps, tree: JsonObject) -> Iterator[Problem]:
    junctions = [key for key in ("and", "or", "not") if key in tree]
    if ("field" in tree) == bool(junctions) or len(junctions) > 1 or ("field" not in tree and len(tree) > 1):
        message = "a filter is either {field, predicate, value}, or one of {and: […]}, {or: […]}, {not: {…}}"
        yield Problem(document.place(path), message)
    elif "field" in tree:
        yield from _name_problems(document, (*path, "field"), tree["field"])
        yield from _value_problems(document, path, tree)
    elif junctions == ["not"]:
        yield from _filter_problems(document, (*path, "not"), tree["not"])
    else:
        for index, child in enumerate(tree[junctions[0]]):
            yield from _filter_problems(document, (*path, junctions[0], index), child)


def _value_problems(document: Document, path: Steps, leaf: JsonObject) -> Iterator[Problem]:
    predicate = leaf.get("predicate", "eq")
    if ("value" in leaf) == predicate.endswith("exists"):
        needs = "takes no `value`" if "value" in leaf else "lacks its `value`"
        yield Problem(document.place(path), f"the predicate {predicate} {needs}")
    elif predicate.endswith("between") and not (isinstance(leaf["value"], list) and len(leaf["value"]) == 2):
        yield Problem(document.place((*path, "value")), "`between` takes a pair, [from, to], both included")


def _name_problems(document: Document, path: Steps, name: str) -> Iterator[Problem]:
    bare = name.partition("[")[0]
    if "." not in bare and bare not in ALIASES and bare not in PLAIN_FIELDS:
        hint = did_you_mean(bare, (*ALIASES, *PLAIN_FIELDS)) or "; a field of the API's own has a dotted path"
        yield Problem(document.place(path), f"unknown field {shown(name)}{hint}")


def _repeated_names(document: Document, exports: list[tuple[Steps, JsonValue]]) -> Iterator[tuple[Steps, Problem]]:
    first: dict[str, Steps] = {}
    for path, export in exports:
        other = first.setdefault(export["name"].casefold(), path)
        if other != path:
            line = document.place((*other, "name")).line
            message = f"export {export['name']} is there already, in line {line}"
            yield path, Problem(document.place((*path, "name")), message)
