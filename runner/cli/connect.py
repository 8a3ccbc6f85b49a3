"""Build what a command that talks to an API needs: the embedded emulator where asked, clients, the state file."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.botify.account import Paces
from runner.botify.client import Botify
from runner.botify.origins import api_base, identity
from runner.botify.pace import Turns
from runner.cli import options
from runner.plan.work import Work
from runner.spec.model import Api
from runner.state.pace import SharedTurns
from runner.state.room import private_folder, room_of
from runner.state.store import State

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Mapping, Sequence

    from runner.botify.pace import Pace
    from runner.spec.model import Account, Spec

EMULATOR = "emulator"
EMULATOR_FOLDER = Path(".bqlrun/emulator")
# The embedded emulator's own token: no secret, and no reason to ask anyone for one.
EMULATOR_TOKEN = {"BQLRUN_EMULATOR_TOKEN": "emulator"}


@asynccontextmanager
async def connected(args: argparse.Namespace, specs: Sequence[Spec]) -> AsyncIterator[tuple[Work, ...]]:
    """Each spec with an open client and state; specs that name the same API and accounts share both."""
    async with AsyncExitStack() as stack:
        connector = _Connector(args, stack)
        yield tuple([await connector.work(spec) for spec in specs])


@asynccontextmanager
async def taking_over(
    args: argparse.Namespace, specs: Sequence[Spec]
) -> AsyncIterator[tuple[str, Botify, State, tuple[Work, ...]]]:
    """An API's identity, a client and a state file: those of the specs, or where none is named the usual ones."""
    async with AsyncExitStack() as stack:
        connector = _Connector(args, stack)
        works = tuple([await connector.work(spec) for spec in specs])
        name, client = await connector.api(specs[0].api if specs else Api())
        yield name, client, connector.state(name), works


@asynccontextmanager
async def looking(args: argparse.Namespace) -> AsyncIterator[Botify]:
    """A client for commands that only look: without a spec, and without a state file."""
    async with AsyncExitStack() as stack:
        _, client = await _Connector(args, stack).api(Api())
        yield client


class _Connector:
    """Opens each API and each view of the state file once."""

    def __init__(self, args: argparse.Namespace, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._state_path: Path = args.state
        self._override = options.api_url(args)
        self._emulator: str | None = None
        self._paces = Paces(self._shared_pace)
        self._clients: list[tuple[str, Api, Botify]] = []
        self._states: dict[str, State] = {}

    async def work(self, spec: Spec) -> Work:
        """What this spec's run needs."""
        name, client = await self.api(spec.api)
        return Work(spec, client, name, self.state(name))

    async def api(self, api: Api) -> tuple[str, Botify]:
        """An API's identity, and a client that talks to it."""
        url = self._override or api.url
        if url == EMULATOR:
            return EMULATOR, await self._client(self._embedded(), _without_tokens(api), EMULATOR_TOKEN)
        base = api_base(url)
        return identity(base), await self._client(base, api, os.environ)

    def _shared_pace(self, account: str, rate: float) -> Pace:
        """Shared with other processes through the folder of the state file, which looking does not make."""
        room = room_of(self._state_path)
        return SharedTurns(room / "pace" / account, rate) if room.is_dir() else Turns(rate)

    def _embedded(self) -> str:
        if self._emulator is None:
            from runner.emulator.embedded import embedded

            private_folder(EMULATOR_FOLDER.parent)
            self._emulator = self._stack.enter_context(embedded(EMULATOR_FOLDER))
        return self._emulator

    async def _client(self, base: str, api: Api, environ: Mapping[str, str]) -> Botify:
        for known_base, known_api, client in self._clients:
            if (known_base, known_api) == (base, api):
                return client
        opened = Botify(base, api, environ=environ, cwd=Path.cwd(), paces=self._paces)
        client = await self._stack.enter_async_context(opened)
        self._clients.append((base, api, client))
        return client

    def state(self, name: str) -> State:
        """The view of the state file that is about one API."""
        if name not in self._states:
            self._states[name] = self._stack.enter_context(State(self._state_path, name))
        return self._states[name]


def _without_tokens(api: Api) -> Api:
    """The same limits, with the embedded emulator's token for every account."""

    def with_its_token(account: Account) -> Account:
        return replace(account, token_env=next(iter(EMULATOR_TOKEN)), token_file=None)

    accounts = {org: with_its_token(account) for org, account in api.accounts.items()}
    return replace(api, default_account=with_its_token(api.default_account), accounts=accounts)
