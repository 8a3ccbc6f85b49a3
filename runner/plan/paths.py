"""Where an export's file goes: the spec's path template, kept inside the output folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runner.bql.inline import render_inline
from runner.errors import UsageError
from runner.files.location import is_store, name_of, tidy
from runner.files.manifestname import manifest_name
from runner.spec.names import name_problem

if TYPE_CHECKING:
    from runner.bql.asked import Asked
    from runner.spec.model import Export, Spec

# Of every step, on the file systems of Linux and macOS.
_LONGEST_NAME = 255


def output_path(spec: Spec, asked: Asked) -> str:
    """The file's path, relative to the current folder unless `output.dir` is absolute or an address."""
    return _path(spec, asked, asked.export.output.path, "output.path")


def current_path(spec: Spec, asked: Asked) -> str | None:
    """The stable name that always holds the newest file, where the spec wants one."""
    template = asked.export.output.current
    return None if template is None else _path(spec, asked, template, "output.current")


def combined_path(spec: Spec, export: Export) -> str:
    """Where the one table over all projects goes: beside the organisations, by the spec's and the export's names."""
    output = export.output
    return tidy(f"{output.dir}/combined/{spec.name}/{export.name}.{output.format}")


def _path(spec: Spec, asked: Asked, template: str, setting: str) -> str:
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
    inside = render_inline(template, values, setting)
    if any(name_problem(step) for step in inside.split("/")):
        raise UsageError(
            f"the path of export {asked.export.name} comes to {inside!r}, which is not a path inside {output.dir}",
            f"check `{setting}`",
        )
    path = tidy(f"{output.dir}/{inside}.{output.format}")
    _refuse_long_names(path, asked.export.name, setting)
    return path


def _refuse_long_names(path: str, name: str, setting: str) -> None:
    """A disk takes no longer name, of a folder, the file or its manifest; a store takes any."""
    longest = max(len(os.fsencode(step)) for step in (*path.split("/"), manifest_name(name_of(path))))
    if longest > _LONGEST_NAME and not is_store(path):
        raise UsageError(
            f"the path of export {name} has a name of {longest} bytes, and a disk takes {_LONGEST_NAME}",
            f"shorten it in `{setting}`",
        )
