"""Options that commands share, declared once."""

from __future__ import annotations

import os
from pathlib import Path

from runner.show.console import Console

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from runner.spec.model import Spec
    from runner.spec.select import Selection
    from runner.spec.shard import Shard

DEFAULT_STATE = Path(".bqlrun/state.db")


def add_output(parser: argparse.ArgumentParser) -> None:
    """How to speak."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, everything else on stderr")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only the result and errors")
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="how stderr tells progress")


def add_specs(parser: argparse.ArgumentParser, *, or_plan: bool = False) -> None:
    """Which specs, and which of their exports; `or_plan`: a plan file may name them instead."""
    several = "*" if or_plan else "+"
    parser.add_argument("specs", nargs=several, type=place, metavar="SPEC", help="a spec file, or a folder of them")
    parser.add_argument(
        "--select", action="append", default=[], metavar="PATTERN",
        help="only org/project, export, org/project:export or label:NAME (globs; may be repeated)",
    )  # fmt: skip
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="all but these")


def add_state(parser: argparse.ArgumentParser) -> None:
    """Where it is remembered what was done."""
    parser.add_argument("--state", type=file, default=DEFAULT_STATE, metavar="PATH", help=f"default {DEFAULT_STATE}")


def add_api(parser: argparse.ArgumentParser) -> None:
    """Which API to talk to."""
    parser.add_argument(
        "--api-url", metavar="URL", help="`emulator`, or an address; wins over BOTIFY_API_URL and the spec"
    )


def api_url(args: argparse.Namespace) -> str | None:
    """The address that wins over those of specs, whatever it is; None where nobody gave one."""
    return args.api_url or os.environ.get("BOTIFY_API_URL") or None


def add_shard(parser: argparse.ArgumentParser) -> None:
    """Which machine's share."""
    parser.add_argument("--shard", metavar="K/N", help="only this machine's share, and its part of pace and quota")


def place(text: str) -> Path:
    """A file or a folder. No text at all is a variable that a script did not set, and not the current folder."""
    import argparse

    if not text:
        raise argparse.ArgumentTypeError("must name a file or a folder, and is empty")
    return Path(text)


def file(text: str) -> Path:
    """A file that is read or written: `.` and `/` have no name that one could have."""
    import argparse

    if not Path(text).name:
        raise argparse.ArgumentTypeError(f"must name a file, and is {text!r}")
    return Path(text)


def at_least_one(text: str) -> int:
    """A number of things of which none would mean to do nothing, for ever."""
    import argparse

    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, and is {text!r}")
    return int(text)


def console(args: argparse.Namespace) -> Console:
    """The console that these options ask for."""
    return Console(as_json=args.json, verbosity=-1 if args.quiet else args.verbose)


def selection(args: argparse.Namespace) -> Selection:
    """The exports that these options pick."""
    from runner.spec.select import Selection

    return Selection(tuple(args.select), tuple(args.exclude), shard(args))


def shard(args: argparse.Namespace) -> Shard:
    """The share of this machine: all of it where nothing is said. Raises UsageError."""
    from runner.spec.shard import ALONE, shard_of

    text: str | None = getattr(args, "shard", None)
    return ALONE if text is None else shard_of(text)


def loaded(args: argparse.Namespace) -> tuple[Spec, ...]:
    """The specs that are named, checked, at this machine's share; UsageError for a pattern that means nothing."""
    from runner.plan.specs import load_rehearsed

    specs = load_rehearsed(args.specs)
    check_patterns(args, specs)
    return tuple(map(shard(args).slowed, specs))


def check_patterns(args: argparse.Namespace, specs: Sequence[Spec]) -> None:
    """Raise UsageError for a pattern that means nothing in these specs."""
    from runner.errors import UsageError
    from runner.spec.select import meaningless

    wrong = meaningless(selection(args), specs)
    if wrong:
        raise UsageError(wrong, "patterns are org/project, export, org/project:export or label:NAME, with * and ?")
