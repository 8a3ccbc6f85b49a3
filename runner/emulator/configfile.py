"""The world as a YAML file: read, checked against its schema, turned into values. The only module that knows both."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from runner.emulator.errors import Refused
from runner.emulator.faults import parse_fault
from runner.emulator.world import Behaviour, Crawl, Daily, Limits, Project, World
from runner.errors import UsageError
from runner.resources import SCHEMAS

if TYPE_CHECKING:
    from pathlib import Path

    from runner.jsonvalue import JsonObject, JsonValue


class _Loader(yaml.SafeLoader):
    """YAML whose only scalars besides text are JSON's: a date, 007 and 1:30 stay text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it


for _tag, _text, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_text})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("$"), [""])


def read_world(path: Path) -> World:
    """The world of a config file; what is wrong with it is a UsageError that names the place."""
    try:
        node = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader that resolves even less
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    schema = json.loads((SCHEMAS / "emulator.schema.json").read_text("utf-8"))
    problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(node))
    if problem is not None:
        place = ".".join(str(part) for part in problem.absolute_path) or "the file"
        raise UsageError(f"{path}: {place}: {problem.message}")
    try:
        return _world(node)
    except (ValueError, Refused) as error:
        raise UsageError(f"{path}: {error}") from error


def _world(node: JsonObject) -> World:
    organisations = node["organisations"]
    everyone = tuple(str(org) for org in organisations)
    tokens = node.get("tokens", {"emulator": list(everyone)})
    faults = tuple(node.get("faults", ()))
    for fault in faults:
        parse_fault(fault)
    return World(
        projects=tuple(
            _project(str(org), str(slug), about or {})
            for org, projects in organisations.items()
            for slug, about in projects.items()
        ),
        tokens={str(token): tuple(str(org) for org in orgs) for token, orgs in tokens.items()},
        behaviour=_behaviour(node.get("behaviour", {})),
        limits=Limits(**node.get("limits", {})),
        faults=faults,
    )


def _project(org: str, slug: str, about: JsonObject) -> Project:
    crawls = sorted((_crawl(node) for node in about.get("analyses", [])), key=lambda crawl: crawl.order)
    if len({crawl.slug for crawl in crawls}) < len(crawls):
        raise ValueError(f"{org}/{slug}: two analyses have the same slug")
    return Project(
        org=org,
        slug=slug,
        host=str(about.get("host", f"www.{slug}")),
        crawls=tuple(crawls),
        search_console=_daily(about.get("search_console")),
        logs=_daily(about.get("logs")),
        segments={str(name): tuple(map(str, values)) for name, values in about.get("segments", {}).items()},
    )


def _crawl(node: JsonObject) -> Crawl:
    """`depths` counts the URLs of each depth; `urls` alone spreads a number over depths as crawls do."""
    slug = str(node["slug"])
    try:
        date.fromisoformat(slug[:8])
    except ValueError as error:
        raise ValueError(f"analysis {slug}: {error}") from error
    counts = node["depths"] if "depths" in node else _spread(node.get("urls", 1_000))
    cumulative = tuple(sum(counts[: index + 1]) for index in range(len(counts)))
    names = ("status", "without_depth", "uncrawled", "shift", "hostile")
    return Crawl(slug, cumulative, **{name: node[name] for name in names if name in node})


def _spread(urls: int) -> list[int]:
    """A few at the top, most in the middle, a tail."""
    counts, left = [], urls
    for share in (0.0005, 0.02, 0.15, 0.35, 0.25, 0.12, 0.06, 0.03):
        count = min(left, max(1, int(urls * share)))
        counts.append(count)
        left -= count
    return [count for count in (*counts, left) if count]


def _daily(node: JsonValue) -> Daily | None:
    if node is None:
        return None
    start, end = date.fromisoformat(node["start"]), date.fromisoformat(node["end"])
    if end < start:
        raise ValueError("the days end before they start")
    return Daily(start, end, node.get("rows_per_day", 1_000))


def _behaviour(node: JsonObject) -> Behaviour:
    values: dict[str, Any] = dict(node)
    seconds = values.get("job_seconds")
    if seconds is not None:
        least, most = seconds if isinstance(seconds, list) else (seconds, seconds)
        if most < least:
            raise ValueError("behaviour.job_seconds ends before it starts")
        values["job_seconds"] = (least, most)
    return Behaviour(**values)
