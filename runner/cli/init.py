"""`bqlrun init`: a spec that runs at once, and what belongs around it. Asks nothing, overwrites nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse

EXAMPLE = "example: bqlrun init seo-exports"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and how to say it."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=options.place,
        default=Path(),
        metavar="DIR",
        help="made where it is not there; default: here",
    )
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Write, and say what was written, what was left alone, and what to do next."""
    from runner.files.starting import start
    from runner.show.starting import started_json, started_text

    console = options.console(args)
    started = start(args.folder)
    if args.json:
        console.json(started_json(started))
    console.result(started_text(started))
    return 0
