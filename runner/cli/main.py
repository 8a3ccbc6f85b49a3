"""The command line: `bqlrun COMMAND …`. One module a command; an error becomes one clear line and an exit code."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys

from runner import __version__
from runner.errors import BqlrunError, Interrupted, SpecError, said

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
# What a shell says of a process that SIGINT or SIGTERM ended.
_INTERRUPTED, _TERMINATED = 130, 143
# Values are frozen and make no cycles: looking for such garbage after each 700 of them was a tenth of a run of 10,000
# exports that had nothing to do.
_FEW_COLLECTIONS = 20_000
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


class Help(argparse.HelpFormatter):
    """argparse's, which asks for the terminal's width with each option, and loads archives' libraries to do so."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


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
        """What this parser does not know is its own error: the one above would not know what is near."""
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


def entry() -> NoReturn:
    """The console script."""
    _open_what_is_closed()
    gc.set_threshold(_FEW_COLLECTIONS)
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if code in {_INTERRUPTED, _TERMINATED}:
        # A download that no longer matters may still sit in a worker thread: it is not waited for.
        os._exit(code)
    # The system takes all memory back at once: to go through it object by object first is a tenth of a short command.
    # DuckDB's binding, which Parquet loads, would print a page about what is left then.
    if "duckdb" not in sys.modules:
        gc.freeze()
    raise SystemExit(code)


def _open_what_is_closed() -> None:
    """A stream that the caller closed takes everything and gives nothing, and no file of ours gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  open to the end


def main(arguments: Sequence[str]) -> int:
    """Parse, run the command, and turn whatever went wrong into an exit code."""
    args = argparse.Namespace()
    try:
        args = _parsed(arguments)
        code: int = importlib.import_module(f"runner.cli.{args.command}").execute(args)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  a person never sees a traceback
        code = _explain(_cause(error))
        # There 2 means that a run has something to do, and no error may look like that.
        return 1 if code == 2 and getattr(args, "detailed_exitcode", False) else code
    return code


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What is asked for; with --detailed-exitcode a misuse leaves with 1 as well: there 2 has its own meaning."""
    name = next((each for each in arguments if each in COMMANDS), None)
    try:
        return parser_for(name).parse_args(arguments)
    except SystemExit as left:
        if left.code == 2 and "--detailed-exitcode" in arguments:
            raise SystemExit(1) from None
        raise


def _cause(error: BaseException) -> BaseException:
    """Tasks that run side by side raise groups; the first error in one that is ours says it best."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [_cause(each) for each in error.exceptions]
    return next((each for each in causes if isinstance(each, BqlrunError)), causes[0])


def _explain(error: BaseException) -> int:
    """One clear line, and the exit code."""
    if isinstance(error, KeyboardInterrupt):
        _complain("bqlrun: interrupted (run the same command again to go on)")
        return _INTERRUPTED
    if isinstance(error, SpecError):
        _annotate(error)
    if isinstance(error, BqlrunError):
        _complain(str(error) if isinstance(error, SpecError) else f"bqlrun: {error}")
        return error.signal_exit_code if isinstance(error, Interrupted) else error.exit_code
    if isinstance(error, OSError):
        _complain(f"bqlrun: the system refused: {said(error)} (make room or permission and run again: nothing is lost)")
        return 1
    _complain(f"bqlrun: something unexpected went wrong: {type(error).__name__}. {_crash_report(error)}")
    return 1


def _annotate(error: SpecError) -> None:
    from runner.cli.github import annotate_problems
    from runner.show.console import Console

    annotate_problems(Console(), error.problems)


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


def _complain(text: str) -> None:
    from runner.show.fold import fold, room

    sys.stderr.write(f"{fold(text, room(sys.stderr))}\n")


def _crash_report(error: BaseException) -> str:
    """Keep the traceback where a bug report can take it from; a person is told where that is."""
    import traceback
    from pathlib import Path

    from runner.state.clock import now
    from runner.state.database import OURS, private_folder

    report = Path(OURS) / "crash.log"
    try:
        private_folder(report.parent)
        with report.open("a", encoding="utf-8") as log:
            log.write(f"{now()} bqlrun {__version__} Python {sys.version.split()[0]} {sys.platform}\n")
            log.write("".join(traceback.format_exception(error)))
    except OSError:
        return "Please report what you did."
    return f"Please report it with {report}; nothing that was paid for is lost."
