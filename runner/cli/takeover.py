"""`bqlrun state import FILE`: take over the jobs that Pipulate paid for. Reads the API, submits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from runner.plan.model import PlannedExport
    from runner.plan.registry import Registered
    from runner.plan.work import Work
    from runner.run.takeover import Taken
    from runner.spec.model import Spec

# Of these a person has to do something about.
UNSETTLED = frozenset({"silent", "refused"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose jobs, and what those ask for that cannot tell themselves."""
    parser.add_argument("file", type=options.file, metavar="FILE", help="Pipulate's export_registry.json")
    parser.add_argument(
        "specs", nargs="*", type=options.place, metavar="SPEC", help="specs that --map names exports of"
    )
    parser.add_argument(
        "--map", action="append", default=[], metavar="KEY=EXPORT", dest="maps",
        help="what a job asks for that is gone, or does not tell: an export of SPEC (may be repeated)",
    )  # fmt: skip
    options.add_api(parser)


def execute(args: argparse.Namespace) -> int:
    """1 where a job has to be told more of before it can be taken over."""
    import anyio

    from runner.plan.registry import read_registry
    from runner.plan.specs import load_rehearsed
    from runner.show.upkeep import taken_json, taken_text

    console = options.console(args)
    registered = read_registry(args.file)
    specs = load_rehearsed(args.specs) if args.specs else ()
    taken = anyio.run(_take_all, args, registered, specs)
    if args.json:
        console.json(taken_json(taken))
    console.result(taken_text(taken))
    return 1 if any(each.fate in UNSETTLED for each in taken) else 0


async def _take_all(args: argparse.Namespace, registered: Sequence[Registered], specs: tuple[Spec, ...]) -> list[Taken]:
    from runner.cli.connect import taking_over
    from runner.run.collect import Collector
    from runner.run.columns import Columns
    from runner.run.executors import Threads
    from runner.run.placing import Placer
    from runner.run.takeover import TakeOver

    async with taking_over(args, specs) as (identity, api, state, works):
        mapped = await _mapped(_maps(args.maps, registered), registered, works)
        columns = Columns(api)
        placer = Placer(columns, state, _never, 1)
        collector = Collector(api, state, columns, placer, Threads(_never), 1, _nobody, accept_rows=False)
        orgs = [project.org for spec in specs for project in spec.projects]
        takeover = TakeOver(api, identity, state, orgs, mapped, collector)
        return [await takeover.take(each) for each in registered]


def _maps(written: Sequence[str], registered: Sequence[Registered]) -> dict[str, str]:
    """Each KEY with its EXPORT. Raises UsageError for a key that the registry does not have."""
    from runner.errors import UsageError
    from runner.spec.wording import did_you_mean

    keys = dict.fromkeys(each.key for each in registered)
    maps: dict[str, str] = {}
    for text in written:
        key, equals, export = text.rpartition("=")
        if not equals or key not in keys:
            raise UsageError(f"--map {text} names no key of the registry{did_you_mean(key, keys)}", "KEY=EXPORT")
        maps[key] = export
    return maps


async def _mapped(
    maps: Mapping[str, str], registered: Sequence[Registered], works: Sequence[Work]
) -> dict[str, PlannedExport]:
    """Each key's export of the specs, planned. Raises UsageError where there is none."""
    from runner.errors import UsageError

    mapped: dict[str, PlannedExport] = {}
    for each in registered:
        if each.key not in maps:
            continue
        planned = [found for work in works for found in await _planned(work, each, maps[each.key])]
        if not planned:
            raise UsageError(
                f"--map {each.key}={maps[each.key]}: no SPEC has that export of that project and crawl",
                "name the spec after FILE; its `analysis` must be the key's",
            )
        mapped[each.key] = planned[0]
    return mapped


async def _planned(work: Work, registered: Registered, export: str) -> list[PlannedExport]:
    from runner.plan.decide import Wishes
    from runner.plan.planner import Planner
    from runner.spec.select import Selection

    planner = Planner(work.spec, work.api, work.identity, work.state, Wishes(adopt=False), holds=False)
    found: list[PlannedExport] = []
    for project in work.spec.projects:
        if registered.is_of(project.org, project.project):
            selection = Selection((f"{project.org}/{project.project}:{export}",))
            found += [planned async for planned in planner.plan(project, selection)]
    for planned in found:
        if planned.error:
            raise planned.error
    return [planned for planned in found if registered.is_of(planned.org, planned.project, planned.analysis)]


def _never() -> bool:
    return False


def _nobody(event: object) -> None:
    """What is placed is said once, at the end."""
