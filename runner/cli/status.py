"""`bqlrun status`: what the state file knows of every export. No network."""

from __future__ import annotations

from runner.cli import options
from runner.counted import counted
from runner.show.results import NOTHING_YET, ONE_SCREEN, URGENT, status_json, status_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from runner.show.console import Console
    from runner.state.exports import Exports, Filter

EXAMPLE = "example: bqlrun status --failed --select 'example-org/*'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which state file, which of its exports, and how to say it."""
    parser.add_argument(
        "--select", action="append", default=[], metavar="PATTERN",
        help="only org/project, export, or org/project:export (globs; may be repeated)",
    )  # fmt: skip
    parser.add_argument("--spec", metavar="NAME", help="only exports of the spec of this name")
    parser.add_argument("--failed", action="store_true", help="only what failed")
    parser.add_argument("--all", action="store_true", help="every line, however many")
    options.add_state(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Print what is asked for; a state file that is not there yet knows of none, and is not made."""
    console = options.console(args)
    if args.state.exists():
        _tell_of_file(console, args)
    elif args.json:
        console.json(status_json(()))
    else:
        console.result(NOTHING_YET)
    return 0


def _tell_of_file(console: Console, args: argparse.Namespace) -> None:
    from runner.state.store import State

    wanted = _wanted(args)
    with State(args.state, "") as state:
        _tell(console, state.exports, wanted, args)


def _tell(console: Console, exports: Exports, wanted: Filter, args: argparse.Namespace) -> None:
    from runner.state.exports import Filter

    if args.json:
        console.json(status_json(exports.chosen(wanted)))
        return
    totals = exports.totals(wanted)
    known = totals or exports.totals(Filter())
    if known and not totals:
        count = counted(sum(each.exports for each in known.values()), "export")
        console.result(f"{count}, and none {'failed' if args.failed else 'is meant'}{_meant(exports, args)}")
        return
    most = None if args.all else ONE_SCREEN
    fits = most is None or sum(each.exports for each in totals.values()) <= most
    console.result(status_text(exports.chosen(wanted, most, () if fits else URGENT), totals))


def _meant(exports: Exports, args: argparse.Namespace) -> str:
    """What a name that is not there was perhaps to be."""
    from runner.spec.select import perhaps_meant

    names = exports.names()
    wrong = [spec for spec in (args.spec,) if spec and spec not in {name[3] for name in names}]
    meant = [perhaps_meant(spec, (), [name[3] for name in names]) for spec in wrong]
    for pattern in args.select:
        rule = _rule([pattern])
        if not any(rule(*name[:3]) for name in names):
            meant.append(perhaps_meant(pattern, [name[:2] for name in names], [name[2] for name in names]))
    return next(filter(None, meant), "")


def _wanted(args: argparse.Namespace) -> Filter:
    """Which exports are asked for."""
    from runner.state.exports import Filter

    return Filter(args.spec, "failed" if args.failed else None, _rule(args.select) if args.select else None)


def _rule(patterns: list[str]) -> Callable[[str, str, str], bool]:
    from runner.errors import UsageError
    from runner.spec.select import Selection

    if any(pattern.startswith("label:") for pattern in patterns):
        raise UsageError("the state file knows no labels", "org/project, export, or org/project:export")
    selection = Selection(tuple(patterns))

    def meant(org: str, project: str, export: str) -> bool:
        return selection.matches(org, project, export, ())

    return meant
