"""`bqlrun status`: what the state file knows of every export. No network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse

EXAMPLE = "example: bqlrun status --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which state file, and how to say it."""
    options.add_state(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Print every export; a state file that is not there yet knows of none, and is not made."""
    from runner.show.results import status_json, status_text
    from runner.state.store import State

    console = options.console(args)
    records = []
    if args.state.exists():
        with State(args.state, "") as state:
            records = [record for record in state.exports.all() if record.partition is None]
    if args.json:
        console.json(status_json(records))
    else:
        console.result(status_text(records))
    return 0
