"""The projects of a spec: page URLs of the app, mappings, and tables beside the spec."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from runner.counted import counted
from runner.errors import SpecError
from runner.spec.model import AnalysisRule, Discovery, Project
from runner.spec.names import name_problem, on_one_line
from runner.spec.problem import Place, Problem
from runner.spec.text import text_of
from runner.spec.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.jsonvalue import JsonObject, JsonValue

APP = "app.botify.com"
_COLUMNS = ("url", "org", "project", "analysis", "labels")
_SLUG = re.compile(r"[0-9]{8}(-[0-9]+)?")
_NEWEST = re.compile(r"latest-([1-9][0-9]{0,4})")


Found = Project | Discovery | Problem


def analysis_rule(value: JsonValue) -> AnalysisRule | None:
    """The rule that a spec's value stands for; None for a value that is no rule."""
    if isinstance(value, list):
        return AnalysisRule("slugs", tuple(dict.fromkeys(value)))
    if isinstance(value, dict):
        return AnalysisRule("window", since=value.get("since"), until=value.get("until"))
    if value in {"latest", "previous", "all"}:
        return AnalysisRule(value)
    newest = _NEWEST.fullmatch(value)
    if newest:
        return AnalysisRule("newest", count=int(newest[1]))
    return None if value.startswith("latest-") else AnalysisRule("slug", (value,))


def from_entry(entry: JsonValue, place: Place, folder: Path) -> Iterator[Found]:
    """The projects that one member of `projects` stands for, or what is wrong with it."""
    if isinstance(entry, str):
        yield from_url(entry, place)
    elif "from" in entry:
        yield from _from_table(entry, place, folder)
    elif "match" in entry:
        yield _discovery(entry, place)
    else:
        yield _from_mapping(entry, place)


def from_url(
    url: str, place: Place, rule: AnalysisRule | None = None, labels: tuple[str, ...] = ()
) -> Project | Problem:
    """The project of any page URL of the app; its query, or else its path, names the analysis, and the query another.

    An analysis in the path is how the API's own list of analyses writes addresses: /ORG/PROJECT/20240101-2/.
    """
    parts = urlsplit(url)
    steps = [unquote(step) for step in parts.path.split("/") if step]
    if parts.scheme != "https" or parts.netloc != APP or len(steps) < 2:
        return Problem(place, f"`{url}` is no page of the app: those begin with https://{APP}/ORG/PROJECT/")
    query = parse_qs(parts.query)
    chosen, comparison = (query.get(key, [None])[0] for key in ("analysisSlug", "comparisonAnalysisSlug"))
    if chosen is None and len(steps) > 2 and _SLUG.fullmatch(steps[2]):
        chosen = steps[2]
    for name in filter(None, (*steps[:2], chosen, comparison)):
        if name_problem(name):
            return Problem(place, f"`{on_one_line(name)}` in this URL: {name_problem(name)}")
    return Project(steps[0], steps[1], place, rule, chosen, comparison, labels)


def _from_mapping(entry: JsonObject, place: Place) -> Project | Problem:
    rule = analysis_rule(entry["analysis"]) if "analysis" in entry else None
    labels = tuple(entry.get("labels", ()))
    if "url" in entry and not {"org", "project"} & set(entry):
        return from_url(entry["url"], place, rule, labels)
    if {"org", "project"} <= set(entry) and "url" not in entry:
        return Project(entry["org"], entry["project"], place, rule, labels=labels)
    return Problem(place, "a project is named by `url`, or by `org` and `project`")


def _discovery(entry: JsonObject, place: Place) -> Discovery | Problem:
    if "org" not in entry or {"project", "url", "analysis"} & set(entry):
        return Problem(place, "`match` goes with `org`, and at most with `labels`")
    return Discovery(entry["org"], entry["match"], place, tuple(entry.get("labels", ())))


def _from_table(entry: JsonObject, place: Place, folder: Path) -> Iterator[Found]:
    if set(entry) - {"from", "labels"}:
        yield Problem(place, "`from` goes with nothing but `labels`: the table says the rest")
        return
    path = folder / entry["from"]
    if path.exists() and not path.is_file():
        yield Problem(place, f"the table {path} is no file")
        return
    try:
        text = text_of(path.read_bytes(), str(path))
        yield from _rows(text, str(path), tuple(entry.get("labels", ())))
    except OSError as error:
        yield Problem(place, f"the table {path} cannot be read: {error.strerror}")
    except SpecError as error:
        yield from error.problems


def _records(text: str, file: str) -> Iterator[tuple[Place, list[str]]]:
    """Each record of a table with the line that it begins in; SpecError where the text is no CSV."""
    # No column's name holds any of them: what stands between the names is what spreadsheets of other countries write.
    head = text.splitlines()[0] if text else ""
    delimiter = next((each for each in ",;\t" if each in head), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    place = Place(file)
    try:
        for cells in reader:
            yield place, cells
            place = Place(file, reader.line_num + 1)
    except csv.Error as error:
        raise SpecError((Problem(place, f"the table is no CSV: {error}"),)) from None


def _rows(text: str, file: str, labels: tuple[str, ...]) -> Iterator[Found]:
    records = _records(text, file)
    head = [name.strip() for name in next(records, (Place(file), []))[1]]
    unknown = [name for name in head if name not in _COLUMNS]
    is_table = len(unknown) < len(head)
    for name in unknown:
        hint = did_you_mean(name, _COLUMNS) or (f"; known are {', '.join(_COLUMNS)}" if is_table else "")
        # What is no table may be a secret that somebody's spec points at: it is not repeated.
        if hint:
            yield Problem(Place(file, 1, head.index(name) + 1), f"unknown column `{name}`{hint}")
    twice = sorted(name for name in _COLUMNS if head.count(name) > 1)
    for name in twice:
        yield Problem(Place(file, 1, len(head) - head[::-1].index(name)), f"column `{name}` is there twice")
    if "url" not in head and not {"org", "project"} <= set(head):
        yield Problem(Place(file), "the table needs the column url, or the columns org and project")
    elif not unknown and not twice:
        for place, cells in records:
            if any(cell.strip() for cell in cells):
                yield _from_row(head, cells, place, labels)


def _from_row(head: list[str], cells: list[str], place: Place, labels: tuple[str, ...]) -> Project | Problem:
    if len(cells) != len(head):
        return Problem(place, f"{counted(len(cells), 'cell')}, and the head has {len(head)}")
    row = {name: cell.strip() for name, cell in zip(head, cells, strict=True) if cell.strip()}
    named = [row[key] for key in ("org", "project") if key in row] + row.get("labels", "").split()
    for name in named:
        if name_problem(name):
            return Problem(place, f"`{on_one_line(name)}`: {name_problem(name)}")
    rule = analysis_rule(row["analysis"]) if "analysis" in row else None
    if "analysis" in row and (rule is None or name_problem(row["analysis"])):
        return Problem(place, f"`{row['analysis']}` is no analysis")
    own = tuple(dict.fromkeys((*labels, *row.get("labels", "").split())))
    if "url" in row:
        return from_url(row["url"], place, rule, own)
    if {"org", "project"} <= set(row):
        return Project(row["org"], row["project"], place, rule, labels=own)
    return Problem(place, "this line names no project: url, or org and project")
