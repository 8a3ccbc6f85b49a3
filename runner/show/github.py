"""What GitHub Actions shows: annotations on a spec's lines, and the job's summary in Markdown."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from runner.counted import counted
from runner.show.outlook import outlook_text
from runner.show.plans import plan_json
from runner.show.results import run_json
from runner.show.table import figure, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.jsonvalue import JsonObject
    from runner.plan.model import PlannedExport
    from runner.plan.outlook import Outlook
    from runner.run.outcome import Outcome, RunResult
    from runner.spec.model import Spec
    from runner.spec.problem import Place, Problem

# GitHub takes a megabyte of summary for each step; a person reads far less.
MOST_LINES = 500
_MARKUP = re.compile(r"([\\`*_{}\[\]|#!~])")


def error_line(message: str, place: Place, file: str) -> str:
    """A workflow command that marks a line of a file (GitHub, Workflow commands: what must be escaped, and where)."""
    return f"::error file={_property(file)},line={place.line},col={place.column}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def place_of(planned: PlannedExport) -> Place | None:
    """Where the spec asks for an export."""
    return next((each.place for each in planned.spec.exports if each.name == planned.export), None)


def failures(result: RunResult) -> Iterable[tuple[Outcome, Place]]:
    """What failed, and where the spec asks for it."""
    for outcome in result.outcomes:
        place = place_of(outcome.planned)
        if outcome.error and place:
            yield outcome, place


def validate_summary(problems: Sequence[Problem], specs: Sequence[Spec]) -> str:
    """What is wrong, or that nothing is."""
    if not problems:
        valid = [f"{spec.file}: {counted(len(spec.exports), 'export')}" for spec in specs]
        return f"### Specs are valid\n\n{_items(valid)}\n"
    return f"### {counted(len(problems), 'problem')} in specs\n\n{_items(str(problem) for problem in problems)}\n"


def plan_summary(plan: Sequence[PlannedExport], ahead: Outlook) -> str:
    """What a run would do and what it costs, what is refused first; how long it takes and what the limits leave."""
    told = plan_json(plan)
    sums, refused = told["totals"], sum(each["action"] == "refuse" for each in told["exports"])
    what = f"{counted(sums['jobs'], 'job')} to create, {figure(sums['credits'])} credits to spend"
    what += f", {counted(refused, 'export')} refused" if refused else ""
    rows = [
        (_name(each), each["action"], figure(each["rows"]), figure(each["credits"]), each["reason"])
        for each in sorted(told["exports"], key=lambda each: each["action"] != "refuse")
    ]
    table = _table(("export", "action", "rows", "credits", "why"), rows)
    return f"### Plan: {what}\n\n{table}\n{_items(outlook_text(ahead).splitlines())}\n"


def run_summary(result: RunResult) -> str:
    """What is in place, and what failed and why."""
    told = run_json(result)
    sums = told["totals"]
    done = f"{sums['done']:,} of {counted(sums['exports'], 'export')} in place"
    failed = f", {sums['failed']:,} failed" if sums["failed"] else ""
    rows = [
        (
            _name(each),
            each["status"],
            figure(each["rows"]) if each["rows"] is not None else "",
            size(each["bytes"]),
            each["error"] or each["path"] or "",
        )
        for each in sorted(told["exports"], key=lambda each: each["status"] != "failed")
    ]
    early = f"\nStopped early: {_plain(str(result.early_stop))}\n" if result.early_stop else ""
    return f"### Run: {done}{failed}\n\n{_table(('export', 'status', 'rows', 'size', 'file or error'), rows)}{early}"


def _name(export: JsonObject) -> str:
    part = f" [{export['partition']}]" if export.get("partition") else ""
    return f"{export['org']}/{export['project']}/{export['analysis']}:{export['export']}{part}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    drawn = [head, ["---"] * len(head), *([_plain(cell) for cell in row] for row in rows[:MOST_LINES])]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in drawn)
    return text + _more(len(rows))


def _items(texts: Iterable[str]) -> str:
    items = [_plain(text) for text in texts]
    return "\n".join(f"- {item}" for item in items[:MOST_LINES]) + _more(len(items))


def _more(count: int) -> str:
    return f"\n… and {count - MOST_LINES:,} more\n" if count > MOST_LINES else ""


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
