"""Speaks to GitHub Actions where a command runs in it: annotations on stderr, the summary in the file that it names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.run.outcome import RunResult
    from runner.show.console import Console
    from runner.spec.problem import Place, Problem


def in_actions() -> bool:
    """Whether this is a step of a workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate_problems(console: Console, problems: Iterable[Problem]) -> None:
    """Mark what is wrong in specs on their lines."""
    if in_actions():
        _annotate(console, ((problem.message, problem.place) for problem in problems))


def annotate_failures(console: Console, result: RunResult) -> None:
    """Mark the exports that failed on the lines that ask for them."""
    from runner.show.github import failures

    if in_actions():
        _annotate(console, ((f"{outcome.planned.name}: {outcome.error}", place) for outcome, place in failures(result)))


def summarise(console: Console, make: Callable[[], str]) -> None:
    """Add to the job's summary; a summary that cannot be written ends nothing."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not in_actions() or not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", errors="replace") as file:
            file.write(make() + "\n")
    except OSError as error:
        console.error(f"warning: the job summary cannot be written: {error.strerror}")


def _annotate(console: Console, found: Iterable[tuple[str, Place]]) -> None:
    from runner.show.github import error_line

    for message, place in found:
        console.error(error_line(message, place, _in_repository(place.file)))


def _in_repository(file: str) -> str:
    """GitHub knows files by their paths from the repository's top, wherever the step itself runs."""
    return os.path.relpath(file, os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
