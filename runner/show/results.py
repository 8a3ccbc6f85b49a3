"""How a run ended, and what the state file knows: for people and for machines."""

from __future__ import annotations

from collections import Counter
from itertools import count

from runner.counted import counted
from runner.show.table import figure, size, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runner.jsonvalue import JsonObject
    from runner.run.outcome import Combined, Outcome, RunResult
    from runner.state.exports import ExportRecord, Status, Total

HEAD = ("export", "status", "rows", "size", "file")
# What a person sees without scrolling.
ONE_SCREEN = 20
NOTHING_YET = "nothing was exported yet: `bqlrun run SPEC` begins"
STATUSES: tuple[Status, ...] = ("pending", "submitted", "downloading", "done", "failed")
# What a person wants to see first.
URGENT: tuple[Status, ...] = ("failed", "downloading", "submitted", "pending", "done")


def run_json(result: RunResult) -> JsonObject:
    """The object that `bqlrun run --json` prints."""
    exports = _with_totals([_outcome_json(outcome) for outcome in result.outcomes])
    return {**exports, "combined": [_combined_json(each) for each in result.combined]} if result.combined else exports


def status_json(records: Iterable[ExportRecord]) -> JsonObject:
    """The object that `bqlrun status --json` prints."""
    return _with_totals([_record_json(record) for record in records])


def _with_totals(exports: list[JsonObject]) -> JsonObject:
    statuses = Counter(export["status"] for export in exports)
    totals: JsonObject = {
        "exports": len(exports),
        **{status: statuses[status] for status in STATUSES},
        "rows": sum(export["rows"] or 0 for export in exports if export["status"] == "done"),
        "bytes": sum(export["bytes"] or 0 for export in exports if export["status"] == "done"),
    }
    return {"exports": exports, "totals": totals}


def _outcome_json(outcome: Outcome) -> JsonObject:
    planned, record = outcome.planned, outcome.record
    known = _record_json(record) if record else dict.fromkeys(("rows", "bytes", "sha256"), None)
    return {
        **known,
        "org": planned.org,
        "project": planned.project,
        "analysis": planned.analysis,
        "export": planned.export,
        "status": outcome.status,
        "path": planned.path,
        "job_ids": list(record.job_ids) if record else [],
        "error": str(outcome.error) if outcome.error else None,
    }


def _combined_json(combined: Combined) -> JsonObject:
    made = combined.made
    return {
        "export": combined.export,
        "path": combined.path,
        "rows": made.rows if made else None,
        "bytes": made.bytes if made else None,
        "sha256": made.sha256 if made else None,
        "missing": list(combined.missing),
        "error": str(combined.error) if combined.error else None,
    }


def _record_json(record: ExportRecord) -> JsonObject:
    return {
        "org": record.org,
        "project": record.project,
        "analysis": record.analysis,
        "export": record.export,
        "status": record.status,
        "rows": record.rows,
        "bytes": record.bytes,
        "sha256": record.sha256,
        "path": record.file,
        "job_ids": list(record.job_ids),
        "error": record.error,
    }


def run_text(result: RunResult) -> str:
    """The summary at the end of a run: a line an export, what it comes to, and what to do about failures."""
    shown = _worth_a_line(result.outcomes)
    last, more = _headline(result.outcomes), len(result.outcomes) - len(shown)
    exports = [_outcome_json(each) | ({"status": "left out"} if _left_out(each) else {}) for each in shown]
    tables = [_combined_line(each) for each in result.combined]
    return "\n".join([_text(exports, f"and {more:,} more that were in place\n\n{last}" if more else last), *tables])


def _left_out(outcome: Outcome) -> bool:
    """Whether its project has no such crawl, and the spec wants it passed over then: there is no file."""
    return outcome.status == "done" and outcome.record is None


def _worth_a_line(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What the run did or left undone; of what it found in place, as much as fits a screen."""
    room = count(ONE_SCREEN, -1)
    return [each for each in outcomes if each.worked or each.status != "done" or _left_out(each) or next(room) > 0]


def status_text(records: Sequence[ExportRecord], totals: Mapping[Status, Total]) -> str:
    """The state file in one screen: those records, and what all exports come to."""
    known = sum(total.exports for total in totals.values())
    if not known:
        return NOTHING_YET
    counts = ", ".join(f"{totals[name].exports:,} {name}" for name in STATUSES if name in totals)
    done = totals.get("done")
    held = f"{figure(done.rows)} rows, {size(done.bytes)}" if done else "no rows"
    last, more = f"{counted(known, 'export')}: {counts}; {held}", known - len(records)
    exports = [_record_json(record) for record in records]
    return _text(exports, f"and {more:,} more: --all\n\n{last}" if more else last)


def _text(exports: Sequence[JsonObject], last: str) -> str:
    lines = [_cells(export) for export in exports]
    errors = [f"{_name(export)}: {export['error']}" for export in exports if export["error"]]
    return "\n\n".join(filter(None, (table(HEAD, lines, frozenset({2, 3})) if lines else "", "\n".join(errors), last)))


def _cells(export: JsonObject) -> tuple[str, ...]:
    rows = figure(export["rows"]) if export["rows"] is not None else ""
    return _name(export), export["status"], rows, size(export["bytes"]), export["path"] or ""


def _name(export: JsonObject) -> str:
    return f"{export['org']}/{export['project']}/{export['analysis']}:{export['export']}"


def _combined_line(combined: Combined) -> str:
    if combined.error:
        return f"{combined.path}: {combined.error}"
    if combined.made is None:
        without = f" without {', '.join(combined.missing)}" if combined.missing else ""
        return f"{combined.path} was not made anew{without}"
    return f"{combined.path}: {figure(combined.made.rows)} rows of all projects, {size(combined.made.bytes)}"


def _headline(outcomes: Sequence[Outcome]) -> str:
    counts, worked = Counter(outcome.status for outcome in outcomes), sum(outcome.worked for outcome in outcomes)
    files = [outcome.record for outcome in outcomes if outcome.status == "done" and outcome.record]
    done, failed, submitted = counts["done"], counts["failed"], counts["submitted"]
    left_out = sum(map(_left_out, outcomes))
    parts = [f"{done - left_out:,} of {counted(len(outcomes), 'export')} in place"]
    parts += [f"{worked:,} by this run"] if worked else ["nothing was left to do"] if done == len(outcomes) else []
    parts += [f"{left_out:,} left out, as there is no such crawl"] if left_out else []
    parts += [f"{failed:,} failed"] if failed else []
    parts += [f"{submitted:,} submitted, for a later run to collect"] if submitted else []
    waiting = len(outcomes) - done - failed - submitted
    parts += [f"{waiting:,} left for the next run"] if waiting else []
    rows, held = sum(file.rows or 0 for file in files), sum(file.bytes or 0 for file in files)
    return f"{', '.join(parts)}: {figure(rows)} rows, {size(held)}"
