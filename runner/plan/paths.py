"""Where an export's file goes: the spec's path template, kept inside the output folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql.jinja import render_text
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.bql.asked import Asked
    from runner.spec.model import Spec


def output_path(spec: Spec, asked: Asked) -> str:
    """The file's path, relative to the current folder unless `output.dir` is absolute; the suffix is the format's."""
    output = asked.export.output
    values = {
        "org": asked.project.org,
        "project": asked.project.project,
        "analysis": asked.analysis,
        "export": asked.export.name,
        "spec": spec.name,
        "labels": asked.project.labels,
        "vars": spec.vars,
    }
    inside = render_text(output.path, values)
    steps = inside.split("/")
    if any(step in {"", ".", ".."} or not step.isprintable() for step in steps):
        raise UsageError(
            f"the path of export {asked.export.name} comes to {inside!r}, which is not a path inside {output.dir}",
            "check `output.path`",
        )
    return f"{output.dir.rstrip('/')}/{inside}.{output.format}"
