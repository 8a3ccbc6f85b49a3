"""`bqlrun fields`: the fields of a crawl or of another collection, all or those that match. Creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import address, options

if TYPE_CHECKING:
    import argparse

    from runner.plan.look import NamedField
    from runner.spec.model import Project

EXAMPLE = "example: bqlrun fields example-org/example.com 'metadata.*'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which collection, and which of its fields."""
    address.add_arguments(parser)
    parser.add_argument("pattern", nargs="?", metavar="PATTERN", help="a glob, or a part of an id, name or alias")
    parser.add_argument("--collection", metavar="ID", help="such as search_console; default: the crawl")


def execute(args: argparse.Namespace) -> int:
    """Print them."""
    import anyio

    from runner.plan.look import matching
    from runner.show.looks import fields_json, fields_text

    console, project = options.console(args), address.project_of(args)
    collection, fields = anyio.run(_fields, args, project)
    if args.pattern is not None:
        fields = matching(args.pattern, fields)
    if args.json:
        console.json(fields_json(project, collection, fields))
    else:
        console.result(fields_text(fields))
    return 0


async def _fields(args: argparse.Namespace, project: Project) -> tuple[str, tuple[NamedField, ...]]:
    from runner.cli.connect import looking
    from runner.plan.look import fields

    async with looking(args) as api:
        return await fields(api, project, args.collection)
