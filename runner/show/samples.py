"""The first rows of an export, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.botify.envelope import readable
from runner.bql.fields import slug
from runner.counted import counted
from runner.files.listed import cell
from runner.show.table import table

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue
    from runner.plan.sample import Sample

# A cell is cut here: a table that wraps is no table.
_WIDEST = 60


def sample_json(sample: Sample) -> JsonObject:
    """The object that `bqlrun query --json` prints; values are the API's own."""
    return {
        "org": sample.org,
        "project": sample.project,
        "analysis": sample.analysis,
        "export": sample.export,
        "columns": _columns(sample),
        "rows": [[*row.dimensions, *row.metrics] for row in sample.rows],
        "query": sample.request.query,
    }


def sample_text(sample: Sample) -> str:
    """A table, and whose rows these are."""
    rows = [[_shown(value) for value in (*row.dimensions, *row.metrics)] for row in sample.rows]
    whose = f"{sample.org}/{sample.project}/{sample.analysis}:{sample.export}"
    first = f"the first {counted(len(rows), 'row')}" if rows else "no rows"
    return f"{table(_columns(sample), rows)}\n\n{whose}: {first}"


def _columns(sample: Sample) -> list[str]:
    return [name or slug(field_id, sample.request.collections) for field_id, name in sample.request.columns]


def _shown(value: JsonValue) -> str:
    text = readable(cell(value))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
