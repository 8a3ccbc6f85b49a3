"""From a checked document to the frozen Spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.bql.templates import built_in_templates
from runner.spec.meaning import sound_members
from runner.spec.model import (
    Account,
    AnalysisRule,
    Api,
    Defaults,
    DepthRule,
    Discovery,
    Export,
    Field,
    Limits,
    Output,
    Period,
    Poll,
    Project,
    Sort,
    Spec,
)
from runner.spec.problem import Problem
from runner.spec.projects import analysis_rule, from_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.document import Document
    from runner.spec.meaning import Broken, Steps
    from runner.spec.projects import Found


def found_projects(document: Document, broken: Broken) -> Iterator[Found]:
    """Every project that the sound parts of a document name, and every problem with one."""
    folder = Path(document.file).parent
    for path, entry in sound_members(document, "projects", broken):
        yield from from_entry(entry, document.place(path), folder)


def build(document: Document, found: list[Found], broken: Broken) -> Spec:
    """The spec of a document, with the projects found in it and the exports that are not `broken`."""
    data = document.data
    limits = Limits(**data.get("limits", {}))
    output = Output(**data.get("output", {}))
    return Spec(
        name=data["name"],
        file=document.file,
        api=_api(data.get("api", {}), limits),
        poll=Poll(**data.get("poll", {})),
        output=output,
        defaults=_defaults(data.get("defaults", {})),
        limits=limits,
        projects=tuple(each for each in found if isinstance(each, Project)),
        discoveries=tuple(each for each in found if isinstance(each, Discovery)),
        exports=tuple(_export(document, *each, output) for each in sound_members(document, "exports", broken)),
        vars=data.get("vars", {}),
    )


def repeated(found: list[Found]) -> Iterator[Problem]:
    """Projects that are named twice for the same crawls: the second would only do the first's work again."""
    first: dict[tuple[str, ...], Project] = {}
    for project in found:
        if isinstance(project, Project):
            key = (project.org, project.project, str(project.analysis or project.url_analysis))
            other = first.setdefault(key, project)
            if other is not project:
                yield Problem(project.place, f"{project.org}/{project.project} is there already, at {other.place}")


def _api(data: JsonObject, limits: Limits) -> Api:
    default = Account(data.get("token_env", "BOTIFY_API_TOKEN"), data.get("token_file", "botify_token.txt"), limits)
    accounts = {
        org: Account(own.get("env"), own.get("file"), replace(limits, **own.get("limits", {})))
        for org, own in data.get("tokens", {}).items()
    }
    return Api(data.get("url", Api().url), default, accounts)


def _defaults(data: JsonObject) -> Defaults:
    usual = Defaults()
    return Defaults(
        analysis=_analysis(data.get("analysis")) or usual.analysis,
        depth=_depth(data.get("depth")) or usual.depth,
        on_missing=data.get("on_missing", usual.on_missing),
    )


def _analysis(value: JsonValue) -> AnalysisRule | None:
    return None if value is None else analysis_rule(value)


def _depth(value: JsonValue) -> DepthRule | None:
    if value is None:
        return None
    return DepthRule("band", value.get("min"), value.get("max")) if isinstance(value, dict) else DepthRule(value)


def _export(document: Document, path: Steps, data: JsonObject, output: Output) -> Export:
    return Export(
        name=data["name"],
        place=document.place(path),
        template=_template(document, data.get("template", "crawl_urls")),
        fields=tuple(_field(document, (*path, "fields", n), each) for n, each in enumerate(data.get("fields", ()))),
        metrics=tuple(data.get("metrics", ())),
        filters=data.get("filters"),
        sort=tuple(_sort(each) for each in data.get("sort", ())),
        depth=_depth(data.get("depth")),
        analysis=_analysis(data.get("analysis")),
        labels=tuple(data.get("where", {}).get("labels", ())),
        periods=tuple(_period(each) for each in data.get("periods", ())),
        mode=data.get("mode", "export"),
        combine=data.get("combine"),
        output=replace(output, **data.get("output", {})),
    )


def _template(document: Document, template: str) -> str:
    """A built-in's name, or the file's path as it is found from here."""
    return template if template in built_in_templates() else str(Path(document.file).parent / template)


def _field(document: Document, path: tuple[str | int, ...], data: JsonValue) -> Field:
    if isinstance(data, str):
        return Field(data, document.place(path))
    return Field(data["field"], document.place(path), data.get("name"))


def _sort(data: JsonValue) -> Sort:
    return Sort(data) if isinstance(data, str) else Sort(data["field"], data.get("order", "asc"))


def _period(data: JsonValue) -> Period:
    return Period(start=data[0], end=data[1]) if isinstance(data, list) else Period(data["last_days"])
