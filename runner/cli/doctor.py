"""`bqlrun doctor`: whether a run would work, and what is left of the quota. Reads; makes nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator, Sequence

    from runner.botify.account import Token
    from runner.doctor.finding import Finding
    from runner.doctor.remote import Asked
    from runner.errors import UsageError
    from runner.spec.model import Account, Api, Spec

EXAMPLE = "example: bqlrun doctor specs/"
# A look, not a run: soon over also where nobody answers. Seconds.
TRIES, FIRST, SILENCE = 3, 0.2, 10
NO_ORG = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For which specs, and how to say it."""
    parser.add_argument(
        "specs", nargs="*", type=options.place, metavar="SPEC", help="a spec file, or a folder of them; default: none"
    )
    options.add_state(parser)
    options.add_api(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Look at everything, print it in one screen; 3 where every token is refused, 1 where anything else is wrong."""
    import anyio

    from runner.doctor.finding import exit_code
    from runner.plan.specs import load_rehearsed
    from runner.show.health import health_json, health_text

    console = options.console(args)
    specs = load_rehearsed(args.specs)
    findings = anyio.run(_findings, args, specs)
    if args.json:
        console.json(health_json(findings))
    else:
        console.result(health_text(findings))
    return exit_code(findings)


async def _findings(args: argparse.Namespace, specs: Sequence[Spec]) -> list[Finding]:
    from runner.doctor import local
    from runner.spec.model import Output

    found = [local.versions()]
    for api, orgs in _apis(specs):
        found += [finding async for finding in _api(args, api, orgs)]
    found.append(local.state(args.state))
    roots = {export.output.dir for spec in specs for export in spec.exports} or {Output().dir}
    found += [local.output(root) for root in sorted(roots)]
    found += local.extras(local.needed_by(specs))
    return list(dict.fromkeys(found))


def _apis(specs: Sequence[Spec]) -> list[tuple[Api, list[str]]]:
    """Each API with the organisations that are asked of it; without a spec Botify's own, for nobody in particular."""
    from runner.spec.model import Api

    found = [
        (spec.api, sorted({each.org for each in spec.projects} | {each.org for each in spec.discoveries}))
        for spec in specs
    ]
    return found or [(Api(), [NO_ORG])]


async def _api(args: argparse.Namespace, api: Api, orgs: Sequence[str]) -> AsyncIterator[Finding]:
    from runner.botify.client import Botify
    from runner.botify.origins import EMULATOR, api_base, identity
    from runner.botify.retry import Patience
    from runner.botify.wire import Bounds
    from runner.doctor.remote import account

    url = options.api_url(args) or api.url
    if url == EMULATOR:
        yield _emulator()
        return
    base = api_base(url)
    patience, bounds = Patience(TRIES, FIRST, throttled=SILENCE), Bounds(SILENCE, SILENCE, SILENCE, SILENCE)
    async with Botify(base, api, environ=os.environ, cwd=Path.cwd(), patience=patience, bounds=bounds) as client:
        for asked in _accounts(args, api, orgs, identity(base)):
            async for finding in account(client, base, asked):
                yield finding


def _emulator() -> Finding:
    """Whether the embedded emulator could start. It is not started: the run that asks for it does that."""
    from runner.doctor.finding import Finding
    from runner.doctor.local import extras

    [found] = [each for each in extras(frozenset({"emulator"})) if each.text.startswith("emulator")]
    return Finding("api", found.ok, "the embedded emulator: no account, no token, no quota", found.hint)


def _accounts(args: argparse.Namespace, api: Api, orgs: Sequence[str], name: str) -> Iterator[Asked]:
    """Each account once, by the first of its organisations."""
    from runner.doctor.remote import Asked
    from runner.errors import StateError
    from runner.state.look import spent_today

    first = {api.account(org): org for org in reversed(orgs)}
    for account, org in first.items():
        label = f"of {org}: " if len(first) > 1 else ""
        try:
            spent = spent_today(args.state, name, api.paying_with(org))
        except StateError:
            # The state file has a line of its own.
            spent = (0, 0.0)
        yield Asked(org, label, _token(account, org), account.limits, spent)


def _token(account: Account, org: str) -> Token | UsageError:
    from runner.botify.account import find_token
    from runner.errors import UsageError

    try:
        return find_token(account, org, os.environ, Path.cwd())
    except UsageError as error:
        return error
