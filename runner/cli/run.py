"""`bqlrun run`: carry specs out. Resumes by itself, does nothing twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli import afterrun, options

if TYPE_CHECKING:
    import argparse

    from runner.plan.reviewed import Reviewed
    from runner.run.command import Command
    from runner.run.outcome import RunResult
    from runner.run.stop import Stop
    from runner.show.progress import Progress
    from runner.spec.model import Spec
    from runner.spec.select import Selection

# More than these are not listed when a run is broken off: `status` has them all.
FIRST_FEW = 10
# Seconds between two looks at the clock: of the live view, and for the heartbeat of a log.
TICK = 0.5
# Overrides how long a log may stand still, in seconds: for tests.
HEARTBEAT = "BQLRUN_HEARTBEAT"
EXAMPLE = "example: bqlrun run specs/ --select '*-fr'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to run, against what, and how to say it."""
    options.add_specs(parser, or_plan=True)
    options.add_state(parser)
    options.add_api(parser)
    options.add_output(parser)
    options.add_shard(parser)
    parser.add_argument(
        "--plan", type=options.file, metavar="FILE", help="do exactly what `plan --out FILE` wrote, or nothing"
    )
    parser.add_argument("--no-wait", action="store_true", help="submit, and leave the files to a later run")
    parser.add_argument("--force", action="store_true", help="export again, and pay again")
    parser.add_argument(
        "--executor",
        default="threads",
        metavar="WHERE",
        help="where files are worked on: threads, processes, dask (a cluster of this machine) or dask://HOST:PORT",
    )
    parser.add_argument("--fail-fast", action="store_true", help="submit nothing more once an export has failed")
    parser.add_argument("--no-adopt", action="store_true", help="do not use jobs that the account has already")
    parser.add_argument(
        "--refresh-provisional", action="store_true", help="export anew what was exported before its data was complete"
    )
    parser.add_argument("--accept-rows", action="store_true", help="place files whose row count is not the plan's")
    parser.add_argument(
        "--on-done", metavar="COMMAND", help="a shell command that gets the JSON summary on its standard input"
    )
    afterrun.add_arguments(parser)
    parser.add_argument(
        "--jobs", type=options.at_least_one, metavar="N", help="jobs in flight at once; wins over the spec"
    )


def execute(args: argparse.Namespace) -> int:
    """Run, print the summary, and say by the exit code how it went."""
    import anyio

    from runner.cli.signals import leave_at_once
    from runner.show.progress import Progress
    from runner.show.results import run_json, run_text

    signal.signal(signal.SIGTERM, leave_at_once)
    console = options.console(args)
    reviewed = _reviewed(args)
    progress = Progress(console, args.log_format, float(os.environ.get(HEARTBEAT) or Progress.heartbeat))
    try:
        result = anyio.run(_run, args, options.loaded(args), progress, reviewed)
    finally:
        progress.close()
    if args.json:
        console.json(run_json(result))
    if not (args.json and args.log_format == "json"):
        console.result(run_text(result))
    if result.early_stop:
        progress.say("stopping", f"stopped early: {result.early_stop}")
    afterrun.leave_behind(args, result, console)
    if args.on_done is None:
        return result.exit_code
    from runner.cli.ondone import hand_over

    return hand_over(args.on_done, run_json(result), result.exit_code, console)


def _reviewed(args: argparse.Namespace) -> Reviewed | None:
    """The plan file; what the command line does not say is as it was when the plan was made."""
    from runner.errors import UsageError
    from runner.plan.reviewed import read_plan

    if args.plan is None:
        if not args.specs:
            raise UsageError("no SPEC is given", "name a spec file, a folder of them, or a plan: --plan FILE")
        return None
    reviewed = read_plan(args.plan)
    args.specs = args.specs or list(map(Path, reviewed.asking.specs))
    args.force = args.force or reviewed.asking.force
    args.no_adopt = args.no_adopt or not reviewed.asking.adopt
    if not args.select and not args.exclude:
        args.select, args.exclude = list(reviewed.asking.select), list(reviewed.asking.exclude)
    args.shard = args.shard or reviewed.asking.shard
    return reviewed


async def _run(
    args: argparse.Namespace, specs: tuple[Spec, ...], progress: Progress, reviewed: Reviewed | None
) -> RunResult:
    import anyio

    from runner.cli.connect import connected
    from runner.cli.signals import heed_signals
    from runner.errors import Interrupted
    from runner.run.run import run_specs
    from runner.run.stop import Stop

    stop = Stop()
    command = _command(args, stop, progress, reviewed)
    result = None
    async with (
        connected(args, [_with_jobs(spec, args.jobs) for spec in specs]) as works,
        anyio.create_task_group() as group,
    ):
        progress.expect(sum(_exports(spec, command.selection) for spec in specs))
        group.start_soon(heed_signals, stop, group.cancel_scope, progress)
        group.start_soon(_tick, progress)
        result = await run_specs(works, command)
        group.cancel_scope.cancel()
    if stop.signal is not None or result is None:
        raise Interrupted(stop.signal or signal.SIGINT, _in_flight(args.state))
    return result


def _command(args: argparse.Namespace, stop: Stop, progress: Progress, reviewed: Reviewed | None) -> Command:
    from runner.plan.decide import Wishes
    from runner.run.command import Command

    wishes = Wishes(
        force=args.force,
        adopt=not args.no_adopt,
        accept_rows=args.accept_rows,
        fail_fast=args.fail_fast,
        refresh_provisional=args.refresh_provisional,
    )
    return Command(
        options.selection(args),
        wishes,
        stop,
        progress,
        reviewed=reviewed,
        wait=not args.no_wait,
        executor=args.executor,
    )


async def _tick(progress: Progress) -> None:
    import anyio

    while True:
        await anyio.sleep(TICK)
        progress.tick()


def _exports(spec: Spec, selection: Selection) -> int:
    """How many exports a spec asks for at least: a rule may come to several crawls, a glob to several projects."""
    from runner.plan.exports import exports_of

    return sum(1 for project in spec.projects for _ in exports_of(spec, project, selection))


def _in_flight(state_path: Path) -> list[str]:
    """What a broken-off run leaves to the next one: jobs that run at the API, downloads that have begun."""
    from runner.state.store import State

    with State(state_path, "") as state:
        named = [f"{each.export} of {each.org}/{each.project}" for each in state.exports.in_flight(FIRST_FEW)]
        unanswered = state.intents.unanswered()
    lookup = f"submissions whose outcome the next run looks up: {unanswered}"
    return [*named, lookup] if unanswered else named


def _with_jobs(spec: Spec, jobs: int | None) -> Spec:
    from dataclasses import replace

    return spec if jobs is None else replace(spec, limits=replace(spec.limits, jobs=jobs))
