"""What `run` leaves behind for others once it has ended: a report, test results, GitHub's annotations and summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from runner.run.outcome import RunResult
    from runner.show.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files."""
    parser.add_argument("--report", type=options.file, metavar="FILE.html", help="one HTML page of this run")
    parser.add_argument(
        "--junit", type=options.file, metavar="FILE.xml", help="a test case for each export, for CI servers"
    )


def leave_behind(args: argparse.Namespace, result: RunResult, console: Console) -> None:
    """Write what was asked for. The run is over: a page that cannot be written is a warning."""
    from runner.cli.github import annotate_failures, summarise
    from runner.errors import PlaceError
    from runner.show.github import run_summary

    for path, write in ((args.report, _report), (args.junit, _junit)):
        if path is not None:
            try:
                write(path, args.state, result)
            except PlaceError as error:
                console.error(f"warning: {error.message}")
    annotate_failures(console, result)
    summarise(console, lambda: run_summary(result))


def _report(path: Path, state_path: Path, result: RunResult) -> None:
    from runner.cli.report import write
    from runner.run.report import of_run
    from runner.state.store import State

    with State(state_path, "") as state:
        exports = of_run(state, result.outcomes)
    write(path, "A run of Botify exports", exports)


def _junit(path: Path, state_path: Path, result: RunResult) -> None:
    from runner.cli.report import put
    from runner.show.junit import junit_xml
    from runner.state.store import State

    with State(state_path, "") as state:
        lives = state.moments.all()
    put(path, junit_xml(result, lives))
