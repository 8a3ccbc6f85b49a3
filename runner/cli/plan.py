"""`bqlrun plan`: what a run would do, why, and what it costs. Reads, creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse

    from runner.plan.decide import Wishes
    from runner.plan.model import PlannedExport
    from runner.plan.outlook import Outlook
    from runner.plan.work import Work
    from runner.show.console import Console
    from runner.spec.model import Spec
    from runner.spec.select import Selection

USUAL_QUOTA = 50
EXAMPLE = "example: bqlrun plan specs/ --select 'label:retail' --out plan.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to plan, against what, and how to say it."""
    options.add_specs(parser)
    options.add_state(parser)
    options.add_api(parser)
    options.add_output(parser)
    options.add_shard(parser)
    parser.add_argument("--force", action="store_true", help="plan to export again, and to pay")
    parser.add_argument("--no-adopt", action="store_true", help="plan without the account's own jobs")
    parser.add_argument(
        "--out", type=options.file, metavar="FILE", help="write the plan for review; `run --plan FILE` does it"
    )
    parser.add_argument("--detailed-exitcode", action="store_true", help="0: nothing to do, 2: there is, 1: any error")


def execute(args: argparse.Namespace) -> int:
    """Print the plan; 1 where an export is refused, 3 where the token is."""
    import anyio

    from runner.cli.github import summarise
    from runner.show.github import plan_summary
    from runner.show.outlook import outlook_json, outlook_text
    from runner.show.plans import ages_text, plan_json, plan_text

    console = options.console(args)
    plan, ahead = anyio.run(_plan, args, options.loaded(args))
    if args.out:
        _write(args, plan)
    if args.json:
        console.json({**plan_json(plan), **outlook_json(ahead)})
    else:
        console.result("\n".join(filter(None, (plan_text(plan), outlook_text(ahead)))))
    console.detail(ages_text(plan))
    summarise(console, lambda: plan_summary(plan, ahead))
    _warn_of_quota(console, plan)
    if args.out:
        console.note(f"written: {args.out}; `bqlrun run --plan {args.out}` does exactly this, or nothing")
    return _detailed(plan) if args.detailed_exitcode else _exit_code(plan)


def _exit_code(plan: list[PlannedExport]) -> int:
    codes = {planned.error.exit_code for planned in plan if planned.error}
    return next((code for code in (2, 3, 1) if code in codes), 0)


def _detailed(plan: list[PlannedExport]) -> int:
    """0 where nothing is to do, 2 where something is, 1 where anything is refused."""
    actions = {planned.action for planned in plan}
    return 1 if "refuse" in actions else 2 if actions - {"skip"} else 0


def _write(args: argparse.Namespace, plan: list[PlannedExport]) -> None:
    from runner.plan.reviewed import Asking, write_plan

    specs, adopt = tuple(map(str, args.specs)), not args.no_adopt
    asking = Asking(specs, tuple(args.select), tuple(args.exclude), force=args.force, adopt=adopt, shard=args.shard)
    write_plan(args.out, plan, asking)


async def _plan(args: argparse.Namespace, specs: tuple[Spec, ...]) -> tuple[list[PlannedExport], Outlook]:
    from runner.cli.connect import connected
    from runner.plan.decide import Wishes
    from runner.plan.outlook import outlook

    wishes = Wishes(force=args.force, adopt=not args.no_adopt)
    async with connected(args, specs) as works:
        plans = [(work, await _plan_one(work, options.selection(args), wishes)) for work in works]
        ahead = await outlook(plans)
    return [planned for _, plan in plans for planned in plan], ahead


async def _plan_one(work: Work, selection: Selection, wishes: Wishes) -> list[PlannedExport]:
    from runner.plan.discovery import resolve
    from runner.plan.planner import Planner

    resolved = await resolve(work.spec, work.api)
    planner = Planner(resolved.spec, work.api, work.identity, work.state, wishes, holds=False)
    plan = [planned for project, error in resolved.failed for planned in planner.unresolved(project, selection, error)]
    for project in resolved.spec.projects:
        plan += [planned async for planned in planner.plan(project, selection)]
    return plan


def _warn_of_quota(console: Console, plan: list[PlannedExport]) -> None:
    """Botify's usual quota is 50 exports a day (botify-api.md, Limits): better known before than met half-way."""
    unlimited = [
        planned
        for planned in plan
        if planned.action == "submit" and planned.spec.api.account(planned.org).limits.exports_per_day is None
    ]
    if len(unlimited) > USUAL_QUOTA:
        console.note(
            f"warning: a run creates {len(unlimited)} jobs, and Botify's usual quota is {USUAL_QUOTA} a day;"
            " `limits: {exports_per_day: …}` spreads them over days"
        )
