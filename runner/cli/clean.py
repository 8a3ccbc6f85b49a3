"""`bqlrun clean`: remove the files of old crawls, by their manifests, after saying which. No network."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from runner.cli import options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from runner.files.written import Left, Written
    from runner.show.console import Console

DEFAULT_DIR = "downloads"
EXAMPLE = "example: bqlrun clean --keep 4 --yes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many to keep, where, and whether to ask."""
    parser.add_argument(
        "--keep", type=int, required=True, metavar="N", help="the N newest crawls of each export of a project stay"
    )
    parser.add_argument("--dir", metavar="DIR", help=f"the output folder, or its address; default {DEFAULT_DIR}")
    parser.add_argument("--yes", action="store_true", help="remove without asking; without it a pipe only lists")
    options.add_state(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Say what is old, ask, remove."""
    from runner.errors import UsageError
    from runner.files.destination import destination_of
    from runner.plan.old import old_files
    from runner.show.cleaning import cleaning_json, cleaning_text

    console, root = options.console(args), args.dir or DEFAULT_DIR
    if args.keep < 1:
        raise UsageError("--keep must be at least 1: what is newest is never old", "--keep 1 leaves only that")
    if args.dir and not destination_of(root).is_folder(root):
        raise UsageError(f"there is no folder {root}", "--dir names the output folder")
    old, left = old_files(root, args.keep)
    console.result(cleaning_text(old, left))
    agreed = bool(old) and (args.yes or _asked(console))
    if agreed:
        stay = _remove(old, root, args.state)
        old = tuple(each for each in old if each.file not in {kept.path for kept in stay})
        left = (*left, *stay)
        for kept in stay:
            console.result(f"{kept.path} is left alone: {kept.reason}")
        console.note("removed" if old else "nothing was removed")
    elif old:
        console.note("nothing was removed: --yes removes them")
    if args.json:
        console.json(cleaning_json(old, left, removed=agreed))
    return 0


def _asked(console: Console) -> bool:
    if not sys.stdin.isatty():
        return False
    console.note("remove them? [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _remove(old: Sequence[Written], root: str, state_path: Path) -> Sequence[Left]:
    """A state file that is not there is not made."""
    from runner.run.clean import remove
    from runner.state.store import State

    if not state_path.exists():
        return remove(old, root, None)
    with State(state_path, "") as state:
        return remove(old, root, state)
