"""`bqlrun render`: the payloads that specs come to, with marked placeholders where only the API could tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse

    from runner.jsonvalue import JsonObject
    from runner.plan.rehearsal import Rehearsed

EXAMPLE = "example: bqlrun render specs/demo.yaml --select url-metadata"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to render, and how to say it."""
    options.add_specs(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Print one object: a payload for each selected export of each project, one a line."""
    from runner.plan.rehearsal import rehearse

    selection = options.selection(args)
    exports = (_json(each) for spec in options.loaded(args) for each in rehearse(spec, selection))
    options.console(args).json_items("exports", exports)
    return 0


def _json(rehearsed: Rehearsed) -> JsonObject:
    return {
        "org": rehearsed.project.org,
        "project": rehearsed.project.project,
        "analysis": rehearsed.analysis,
        "export": rehearsed.export.name,
        "partition": None,
        **rehearsed.request.body,
    }
