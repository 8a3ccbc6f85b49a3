"""`bqlrun query`: the first rows of an export, before anything is spent. Creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse

    from runner.plan.sample import Sample
    from runner.spec.model import Export, Spec
    from runner.spec.select import Selection

# One page of the API (botify-api.md, Limits).
MOST = 2_000
EXAMPLE = "example: bqlrun query specs/demo.yaml errors --size 5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which export, of which project, how many rows, and how to say it."""
    parser.add_argument("spec", type=options.file, metavar="SPEC", help="a spec file")
    parser.add_argument("export", metavar="EXPORT", help="the name of one of its exports")
    parser.add_argument("--project", metavar="ORG/PROJECT", help="default: the first that has this export")
    parser.add_argument("--size", type=int, default=10, metavar="N", help=f"rows; default 10, at most {MOST:,}")
    options.add_state(parser)
    options.add_api(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Print them."""
    import anyio

    from runner.errors import UsageError
    from runner.plan.specs import load_rehearsed
    from runner.show.samples import sample_json, sample_text

    console = options.console(args)
    if args.project and "/" not in args.project:
        raise UsageError(f"--project {args.project} is no project", "write org/project")
    if not 0 < args.size <= MOST:
        raise UsageError(f"--size is from 1 to {MOST:,}", "`bqlrun run` brings all rows")
    specs = load_rehearsed([args.spec])
    exports = [(spec, export) for spec in specs for export in spec.exports if export.name == args.export]
    if not exports:
        names = ", ".join(export.name for spec in specs for export in spec.exports)
        raise UsageError(f"there is no export {args.export} in {args.spec}", f"there are {names}")
    sample = anyio.run(_sample, args, *exports[0])
    if args.json:
        console.json(sample_json(sample))
    else:
        console.result(sample_text(sample))
    return 0


async def _sample(args: argparse.Namespace, spec: Spec, export: Export) -> Sample:
    from runner.cli.connect import connected
    from runner.errors import UsageError
    from runner.plan.decide import Wishes
    from runner.plan.discovery import resolve
    from runner.plan.exports import exports_of
    from runner.plan.sample import sample

    async with connected(args, [spec]) as [work]:
        resolved = await resolve(spec, work.api)
        for project in resolved.spec.projects:
            if export in exports_of(spec, project, _only(args.project)):
                return await sample(work, Wishes(), project, export, args.size)
        for _, error in resolved.failed:
            raise error
    asked = f"project {args.project}" if args.project else "project"
    raise UsageError(f"no {asked} of {args.spec} has the export {export.name}", "look at its `where`")


def _only(project: str | None) -> Selection:
    """Every export of one project; of any, where none is named."""
    from runner.spec.select import Selection

    return Selection((project,)) if project else Selection()
