"""`bqlrun analyses`: a project's crawls, newest first. Reads, creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import address, options

if TYPE_CHECKING:
    import argparse

    from runner.botify.answers import Analysis
    from runner.spec.model import Project

EXAMPLE = "example: bqlrun analyses example-org/example.com"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which project."""
    address.add_arguments(parser, analysis=False)


def execute(args: argparse.Namespace) -> int:
    """Print them."""
    import anyio

    from runner.show.looks import analyses_json, analyses_text

    console, project = options.console(args), address.project_of(args)
    crawls = anyio.run(_crawls, args, project)
    if args.json:
        console.json(analyses_json(project, crawls))
    else:
        console.result(analyses_text(crawls))
    return 0


async def _crawls(args: argparse.Namespace, project: Project) -> tuple[Analysis, ...]:
    from runner.cli.connect import looking
    from runner.plan.look import crawls

    async with looking(args) as api:
        return await crawls(api, project)
