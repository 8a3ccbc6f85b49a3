"""Workers of a Dask cluster, on this machine or on many: the one module that knows its library."""

from __future__ import annotations

import logging
import signal
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio
from distributed import Client, Future, KilledWorker, LocalCluster, Worker, get_worker
from distributed.client import FutureCancelledError

from runner import __version__
from runner.botify.download import open_download
from runner.errors import FileError, UsageError
from runner.files.durable import make_folder
from runner.files.made import prepare_once
from runner.jsonvalue import digest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio import CapacityLimiter

    from runner.files.work import FileWork, Receipt
    from runner.run.executors import Executor

# How long a scheduler may take to answer, and a cluster to say farewell, in seconds.
_ANSWER, _FAREWELL = 5, 5
# Ctrl-C goes to every process of a terminal; what is to end is decided by the one that has the state.
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@asynccontextmanager
async def open_fleet(address: str, local: Executor) -> AsyncIterator[Fleet]:
    """A cluster's workers; without an address those of a cluster of this machine, which ends with the run.

    `local` works on what no worker can see. Raises UsageError where the scheduler or its workers cannot be used.
    """
    # What becomes of a worker is told by the result; the library would tell it as well, with the traces of its code.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    cluster = await _own_cluster() if not address else None
    client = await _connected(cluster or f"tcp://{address}", address)
    try:
        await _check_workers(client)
        yield Fleet(client, local)
    finally:
        with anyio.move_on_after(_FAREWELL, shield=True):
            await client.close()
            if cluster:
                await cluster.__aexit__(None, None, None)


class Fleet:
    """Gives each file to a worker. What a worker had done when it died is done again, by another."""

    def __init__(self, client: Client, local: Executor) -> None:
        self._client = client
        self._local = local

    async def submit(self, work: FileWork, room: CapacityLimiter) -> Receipt:
        """See Executor. What no worker can put where this machine sees it, `local` fetches."""
        if work.url:
            make_folder(work.raw.parent)
            async with room:
                receipt = await self._result(work)
            if receipt and _is_here(receipt):
                return replace(receipt, staged=work.staged)
        return await self._local.submit(work, room)

    async def _result(self, work: FileWork) -> Receipt | None:
        # The job names the task, and the address, which is a secret, does not: names are shown to everybody.
        key = f"{work.label}-{work.raw.stem}-{digest(str(work.staged.absolute()))[:8]}"
        there = replace(work, raw=work.raw.absolute(), staged=work.staged.absolute())
        future: Future[Receipt | None] = self._client.submit(_prepare, there, key, key=key)
        try:
            receipt: Receipt | None = await future
        except KilledWorker:
            raise FileError("its workers died, one after the other") from None
        except FutureCancelledError:
            raise FileError("the connection to the scheduler is lost", "run again") from None
        finally:
            # Kept, it would be done once more whenever its worker goes.
            future.release()
        return receipt


def _prepare(work: FileWork, key: str) -> Receipt | None:
    """Runs on a worker, in the coordinator's folder; None, with nothing fetched, if it does not see that folder."""
    if not work.raw.parent.is_dir():
        return None
    return prepare_once(work, open_download, partial(_is_forgotten, get_worker(), key))


def _is_forgotten(worker: Worker, key: str) -> bool:
    """Whether nobody waits for a task any more: its coordinator gave up, or was killed."""
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled"


def _is_here(receipt: Receipt) -> bool:
    return receipt.staged.is_file() and receipt.staged.stat().st_size == receipt.bytes


async def _own_cluster() -> LocalCluster:
    # What is blocked here is blocked in what is started here; those that take a dead worker's place are told by script.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return await LocalCluster(
            host="127.0.0.1", threads_per_worker=1, dashboard_address=None, asynchronous=True,
            silence_logs=logging.CRITICAL, preload=[_DEAF],
        )  # fmt: skip
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


async def _connected(cluster: LocalCluster | str, address: str) -> Client:
    try:
        client: Client = await Client(cluster, asynchronous=True, timeout=_ANSWER, set_as_default=False)
    except OSError:
        raise UsageError(f"no scheduler answers at {address}", "start one, or leave --executor out") from None
    return client


async def _check_workers(client: Client) -> None:
    """Known before anything is paid for: that there are workers, and that every one has this very program."""
    try:
        versions = set((await client.run(_version)).values())
    except Exception as error:  # noqa: BLE001  whatever a worker raises when it looks for us
        raise UsageError(f"a worker cannot run bqlrun: {error}", f"install bqlrun {__version__} there") from None
    if not versions:
        raise UsageError("the scheduler has no workers", "start some: `dask worker` with its address")
    if versions - {__version__}:
        found = ", ".join(sorted(versions))
        raise UsageError(f"the workers have bqlrun {found}, and this is {__version__}", "install the same everywhere")


def _version() -> str:
    return __version__
