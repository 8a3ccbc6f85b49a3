"""`bqlrun validate`: every problem of every spec at once, without any network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from runner.jsonvalue import JsonObject
    from runner.spec.model import Spec
    from runner.spec.problem import Problem

EXAMPLE = "example: bqlrun validate specs/"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to validate, and how to say it."""
    options.add_specs(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Check, rehearse, and list what is wrong; 2 where anything is."""
    from runner.cli.github import annotate_problems, summarise
    from runner.counted import counted
    from runner.errors import SpecError
    from runner.plan.specs import load_rehearsed

    console = options.console(args)
    problems: Sequence[Problem] = ()
    specs: Sequence[Spec] = ()
    try:
        specs = load_rehearsed(args.specs)
    except SpecError as error:
        problems = error.problems
    else:
        options.check_patterns(args, specs)
    if args.json:
        console.json({"problems": [_json(problem) for problem in problems]})
    for problem in problems:
        console.result(str(problem))
    annotate_problems(console, problems)
    summarise(console, lambda: _summary(problems, specs))
    for spec in specs:
        projects = counted(len(spec.projects) + len(spec.discoveries), "project")
        console.note(f"{spec.file}: valid ({projects}, {counted(len(spec.exports), 'export')})")
    return 2 if problems else 0


def _summary(problems: Sequence[Problem], specs: Sequence[Spec]) -> str:
    from runner.show.github import validate_summary

    return validate_summary(problems, specs)


def _json(problem: Problem) -> JsonObject:
    place = problem.place
    return {"file": place.file, "line": place.line, "column": place.column, "message": problem.message}
