"""The project that a command looks at: any page URL of the app, or org/project."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse

    from runner.spec.model import Project


def add_arguments(parser: argparse.ArgumentParser, *, analysis: bool = True) -> None:
    """Where to look, which API to ask, and how to say it."""
    parser.add_argument("address", metavar="URL", help="any page of the app, or org/project")
    if analysis:
        parser.add_argument("--analysis", metavar="SLUG", help="the crawl; default: the URL's, else the newest")
    options.add_state(parser)
    options.add_api(parser)
    options.add_output(parser)


def project_of(args: argparse.Namespace) -> Project:
    """The project, with the analysis of its URL or of --analysis; UsageError for what is no project."""
    project = _project(args.address)
    chosen = getattr(args, "analysis", None)
    return replace(project, url_analysis=chosen) if chosen else project


def _project(text: str) -> Project:
    from runner.errors import UsageError
    from runner.spec.model import Project
    from runner.spec.names import name_problem
    from runner.spec.problem import Place, Problem
    from runner.spec.projects import APP, from_url

    place = Place("the command line")
    names = text.split("/")
    if "://" not in text and not text.startswith(f"{APP}/"):
        if len(names) != 2 or any(name_problem(name) for name in names):
            raise UsageError(
                f"`{text}` names no project", f"write org/project, or a URL that begins with https://{APP}/"
            )
        return Project(names[0], names[1], place)
    found = from_url(text if "://" in text else f"https://{text}", place)
    if isinstance(found, Problem):
        raise UsageError(found.message, "or write org/project")
    return found
