"""`bqlrun schema`: print the JSON Schema of specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.resources import SCHEMAS
from runner.show.console import Console

if TYPE_CHECKING:
    import argparse

EXAMPLE = "example: bqlrun schema > spec.schema.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none but the one that every command takes."""
    parser.add_argument("--json", action="store_true", help="the schema is JSON either way")


def execute(_args: argparse.Namespace) -> int:
    """Print it."""
    Console().result((SCHEMAS / "spec.schema.json").read_text(encoding="utf-8").rstrip())
    return 0
