"""`bqlrun depths`: how many URLs each depth of a crawl has, and how deep one export can go. Creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import address, options

if TYPE_CHECKING:
    import argparse

    from runner.plan.look import Depths
    from runner.spec.model import Project

EXAMPLE = "example: bqlrun depths example-org/example.com --limit 500000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which crawl, and how many rows an export takes."""
    address.add_arguments(parser)
    parser.add_argument(
        "--limit", type=int, default=1_000_000, metavar="ROWS", help="what one export takes; default 1000000"
    )


def execute(args: argparse.Namespace) -> int:
    """Print them."""
    import anyio

    from runner.errors import UsageError
    from runner.show.looks import depths_json, depths_text

    console, project = options.console(args), address.project_of(args)
    if args.limit < 1:
        raise UsageError("--limit must be at least 1", "it is the rows that one export takes")
    depths = anyio.run(_depths, args, project)
    if args.json:
        console.json(depths_json(project, depths))
    else:
        console.result(depths_text(depths))
    return 0


async def _depths(args: argparse.Namespace, project: Project) -> Depths:
    from runner.cli.connect import looking
    from runner.plan.look import depths

    async with looking(args) as api:
        return await depths(api, project, args.limit)
