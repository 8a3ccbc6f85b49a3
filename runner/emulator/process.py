"""The emulator's own process: its command line, its announcement, its end."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.emulator.embedded import ANNOUNCEMENT
from runner.errors import BqlrunError, UsageError, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.emulator.world import World


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that `bqlrun emulator` and the embedded emulator share."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: loopback)")
    parser.add_argument("--port", type=int, default=0, help="the API's port (default: a free one)")
    parser.add_argument("--download-port", type=int, default=0, help="the port of the files (default: a free one)")
    parser.add_argument("--host-origin", metavar="URL", help="what download addresses begin with, behind a proxy")
    parser.add_argument("--data-dir", type=Path, default=Path(".bqlrun/emulator"), help="where jobs and files are kept")
    parser.add_argument("--config", type=Path, help="a YAML file that describes another world")
    parser.add_argument("--job-seconds", type=float, help="how long each job takes")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    # DuckDB, Starlette and uvicorn are loaded here, once somebody really wants an emulator.
    from runner.emulator.api.dispatch import Dispatcher  # noqa: PLC0415
    from runner.emulator.server import listen, serve  # noqa: PLC0415
    from runner.emulator.service import build  # noqa: PLC0415

    world = _world(arguments)
    sockets = [listen(arguments.host, port) for port in (arguments.port, arguments.download_port)]
    api, downloads = (f"http://{arguments.host}:{found.getsockname()[1]}" for found in sockets)
    service = build(world, arguments.data_dir, (arguments.host_origin or downloads).rstrip("/"))
    if arguments.exit_with_parent:
        threading.Thread(target=_end_with_input, daemon=True).start()
    serve(Dispatcher(service), sockets, partial(_announce, api))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m runner.emulator`."""
    parser = argparse.ArgumentParser(prog="python -m runner.emulator", description="A Botify on loopback.")
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except BqlrunError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"error: the emulator cannot keep its jobs: {said(error)}\n")
        return 1


def _announce(address: str) -> None:
    sys.stdout.write(f"{ANNOUNCEMENT}{address}\n")
    sys.stdout.flush()


def _world(arguments: argparse.Namespace) -> World:
    world = _described(arguments.config)
    if arguments.job_seconds is None:
        return world
    if not 0 <= arguments.job_seconds < 86_400:
        raise UsageError("--job-seconds is a number from 0")
    seconds = (arguments.job_seconds, arguments.job_seconds)
    return replace(world, behaviour=replace(world.behaviour, job_seconds=seconds))


def _described(config: Path | None) -> World:
    from runner.emulator.defaults import default_world  # noqa: PLC0415

    if config is None:
        return default_world()
    # Without a config nobody waits for YAML and JSON Schema to load.
    from runner.emulator.configfile import read_world  # noqa: PLC0415

    return read_world(config)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
