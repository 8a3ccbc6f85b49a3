"""`bqlrun status`: what the state file knows of every export. No network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from runner.state.exports import ExportRecord

# What a person sees without scrolling.
ONE_SCREEN = 20
EXAMPLE = "example: bqlrun status --failed --select 'example-org/*'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which state file, which of its exports, and how to say it."""
    parser.add_argument(
        "--select", action="append", default=[], metavar="PATTERN",
        help="only org/project, export, or org/project:export (globs; may be repeated)",
    )  # fmt: skip
    parser.add_argument("--spec", metavar="NAME", help="only exports of the spec of this name")
    parser.add_argument("--failed", action="store_true", help="only what failed")
    parser.add_argument("--all", action="store_true", help="every line, however many")
    options.add_state(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Print what is asked for; a state file that is not there yet knows of none, and is not made."""
    from runner.show.results import status_json, status_text
    from runner.state.store import State

    console, wanted = options.console(args), _wanted(args)
    records: list[ExportRecord] = []
    known = 0
    if args.state.exists():
        with State(args.state, "") as state:
            whole = [record for record in state.exports.all() if record.partition is None]
        known, records = len(whole), [record for record in whole if wanted(record)]
    if args.json:
        console.json(status_json(records))
    elif known and not records:
        console.result(f"none of {known:,} exports is meant")
    else:
        console.result(status_text(records, most=None if args.all else ONE_SCREEN))
    return 0


def _wanted(args: argparse.Namespace) -> Callable[[ExportRecord], bool]:
    """Whether an export is asked for."""
    from runner.errors import UsageError
    from runner.spec.select import Selection

    if any(pattern.startswith("label:") for pattern in args.select):
        raise UsageError("the state file knows no labels", "org/project, export, or org/project:export")
    selection = Selection(tuple(args.select))

    def wanted(record: ExportRecord) -> bool:
        meant = selection.matches(record.org, record.project, record.export, ())
        return meant and args.spec in {None, record.spec} and not (args.failed and record.status != "failed")

    return wanted
