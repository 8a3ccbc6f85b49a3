"""`bqlrun emulator`: serve a Botify on loopback, until a signal ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


EXAMPLE = "example: bqlrun emulator --port 8900"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    from runner.emulator.process import add_arguments as add

    add(parser)


def execute(args: argparse.Namespace) -> int:
    """Serve."""
    from runner.emulator.process import run

    return run(args)
