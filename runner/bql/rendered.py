"""From a template to a query: rendered, read as JSON, and checked before anything is sent."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from runner.bql.grammar import check_query
from runner.bql.templates import template_file
from runner.bql.values import template_values
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.bql.asked import Asked
    from runner.bql.depth import DepthChoice
    from runner.bql.partition import Part
    from runner.jsonvalue import JsonObject

# As much of a line as a person reads.
_EXCERPT = 60
_LOOK = "`bqlrun render` prints what a template comes to"


def rendered_query(asked: Asked, depth: DepthChoice | Part | None) -> JsonObject:
    """The query that an export's template renders, not to be altered; UsageError says where a template goes wrong."""
    from runner.bql.jinja import names_read

    template = asked.export.template
    values = template_values(asked, depth)
    read = names_read(template)
    seen = values if read is None else {name: value for name, value in values.items() if name in read}
    return _query(template, asked.kind.older, json.dumps(seen))


@lru_cache(maxsize=1024)
def _query(template: str, older: bool, values: str) -> JsonObject:
    """Rendered, read and checked once for all exports that show the template the same values (JSON)."""
    from runner.bql.jinja import render_template

    text = render_template(template, json.loads(values))
    file = template_file(template)
    try:
        query: JsonObject = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file} renders no JSON: {_where(text, error)}", "`| tojson` quotes a value") from None
    except RecursionError:
        raise UsageError(f"{file} renders JSON that is nested too deeply", "look for a loop in it") from None
    violations = check_query(query, older=older)
    if violations:
        raise UsageError(f"{file} renders what BQL does not know: {'; '.join(violations)}", _LOOK)
    return query


def _where(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong, in which line of the rendered text, and what is there.

    What does not even begin as JSON is not repeated: it may be a secret that somebody's spec points at.
    """
    line = text.splitlines()[error.lineno - 1] if text.strip() and error.lineno <= len(text.splitlines()) else ""
    start = max(0, error.colno - 1 - _EXCERPT // 2)
    excerpt = line[start : start + _EXCERPT].strip()
    there = f", at `{excerpt}`" if excerpt and text.lstrip().startswith("{") else ""
    return f"{error.msg} in line {error.lineno}, column {error.colno} of the rendered text{there}"
