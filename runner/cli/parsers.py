"""The commands, and the parsers that read what is asked of them: a misspelt word is told what was perhaps meant."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from runner import __version__

# `typing` takes as long to load as all that `--help` needs of ours.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

COMMANDS = {
    "init": "write a spec that runs at once, and what belongs around it; no network",
    "validate": "check specs against the schema and their meaning; no network",
    "render": "print the payloads that specs come to; no network",
    "plan": "say what a run would do, why, and what it costs; reads only",
    "run": "carry specs out; resumes by itself, does nothing twice",
    "analyses": "list a project's crawls; reads only",
    "depths": "show how many pages each depth of a crawl has, and how deep an export can go; reads only",
    "query": "show the first rows of an export; reads only",
    "fields": "list or search the fields of a crawl; reads only",
    "status": "show what the state file knows; no network",
    "state": "look after the state file: verify, forget, rebuild, merge, import",
    "doctor": "say whether a run would work, and what is left of the quota; reads only",
    "report": "write one self-contained HTML page of what was exported; no network",
    "clean": "remove the files of old crawls, after saying which; no network",
    "schema": "print the JSON Schema of specs",
    "completion": "print a script that completes commands and options in bash, zsh or fish; no network",
    "emulator": "serve the embedded Botify API on loopback",
}
EXAMPLE = "example: bqlrun run specs/demo.yaml"
# A script may say the same to every command; each one's own module declares those that it heeds.
EVERYWHERE: dict[str, dict[str, Any]] = {
    "--api-url": {},
    "--json": {"action": "store_true"},
    "--log-format": {"choices": ("text", "json")},
    "--quiet": {"action": "store_true"},
    "--state": {},
    "--verbose": {"action": "count"},
    "-q": {"action": "store_true", "dest": "quiet"},
    "-v": {"action": "count", "dest": "verbose"},
}


def parser_for(name: str | None) -> Parser:
    """Only the named command's own module is loaded: `--help` stays instant."""
    parser = Parser(prog="bqlrun", description="Run Botify exports from specs, and never pay twice.", epilog=EXAMPLE)
    parser.add_argument("--version", action="version", version=f"bqlrun {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", title="commands", parser_class=Command
    )
    for command, does in COMMANDS.items():
        added = commands.add_parser(command, help=does, description=does)
        if command == name:
            added.open()
            module = importlib.import_module(f"runner.cli.{command}")
            added.epilog = module.EXAMPLE
            module.add_arguments(added)
            accept_everywhere(added)
    return parser


class Help(argparse.HelpFormatter):
    """argparse's help, its width found by `os` alone: argparse loads `shutil`, and with it libraries for archives."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class Parser(argparse.ArgumentParser):
    """argparse, with a suggestion for a misspelt command or option."""

    def __init__(self, **about: Any) -> None:  # noqa: ANN401  whatever argparse gives a parser
        super().__init__(**about, formatter_class=Help)

    def error(self, message: str) -> NoReturn:
        """What is wrong, what was perhaps meant, and how it is used, on stderr; exit 2."""
        names = message.partition("choose from")[2].strip(" )").replace("'", "").split(", ")
        self.exit(2, f"{self.prog}: {message}{_suggestion(message, names)}\n{self.format_usage()}")

    def parse_known_args(  # type: ignore[override]  # argparse's own signature is overloaded by its namespace
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Report unknown options here: only the command's own parser knows which names are near."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            misplaced = self.prog == "bqlrun" and unknown[0] in EVERYWHERE
            hint = "; options come after the command" if misplaced else _suggestion(f"'{unknown[0]}'", options_of(self))
            self.exit(2, f"{self.prog}: unrecognized arguments: {' '.join(unknown)}{hint}\n{self.format_usage()}")
        return known, unknown


class Command(Parser):
    """A command's own parser, made when the command is named: listing it takes no parser, and there are many."""

    def __init__(self, **about: Any) -> None:  # noqa: ANN401  whatever argparse gives a parser
        self._about = about

    def open(self) -> None:
        """Make it what it is."""
        super().__init__(**self._about)

    def add_subparsers(self, **about: Any) -> Any:  # noqa: ANN401  as argparse has it
        """Commands that nest in it are made at once."""
        return super().add_subparsers(parser_class=Parser, **about)


def options_of(parser: argparse.ArgumentParser) -> list[str]:
    """The long options of one command, in the order of their declaration."""
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]  # noqa: SLF001  no public way
    return [name for action in shown for name in action.option_strings if name.startswith("--")]


def accept_everywhere(parser: argparse.ArgumentParser) -> None:
    """Let a command take what every command takes, also where it has no use for it (contract 2, Everywhere)."""
    nested = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    for leaf in (each for choices in nested for each in choices.values()):
        accept_everywhere(leaf)
    taken = set() if nested else set(EVERYWHERE) - {name for each in parser._actions for name in each.option_strings}  # noqa: SLF001
    for option in sorted(taken):
        parser.add_argument(option, help=argparse.SUPPRESS, **EVERYWHERE[option])


def _suggestion(message: str, names: Sequence[str]) -> str:
    """The nearest of the names to what the message quotes first."""
    from runner.near import near

    wrong = message.partition("'")[2].partition("'")[0].partition("=")[0]
    meant = near(wrong, names) if wrong else ()
    return f"; did you mean `{meant[0]}`?" if meant else ""


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
