"""The command line: `bqlrun COMMAND …`. One module a command; an error becomes one clear line and an exit code."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys

from runner import __version__
from runner.cli.parsers import COMMANDS, parser_for
from runner.errors import BqlrunError, Interrupted, SpecError, said

# `typing` takes as long to load as all that `--help` needs of ours.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

# What a shell says of a process that SIGINT or SIGTERM ended.
_INTERRUPTED, _TERMINATED = 130, 143
# Values are frozen and make no cycles: looking for such garbage after each 700 of them was a tenth of a run of 10,000
# exports that had nothing to do.
_FEW_COLLECTIONS = 20_000


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
    """Open /dev/null for each standard stream that the caller closed, so that no file of ours gets its number."""
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
    """The error to show: tasks that run side by side raise a group, and its first BqlrunError says it best."""
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


def _complain(text: str) -> None:
    from runner.show.fold import fold, room

    sys.stderr.write(f"{fold(text, room(sys.stderr))}\n")


def _crash_report(error: BaseException) -> str:
    """Keep the traceback where a bug report can take it from; a person is told where that is."""
    import traceback
    from pathlib import Path

    from runner.files.durable import open_own, write_all
    from runner.state.clock import now
    from runner.state.room import OURS, private_folder

    report = Path(OURS) / "crash.log"
    try:
        private_folder(report.parent)
        with open_own(report, "ab") as log:
            about = f"{now()} bqlrun {__version__} Python {sys.version.split()[0]} {sys.platform}\n"
            write_all(log, (about + "".join(traceback.format_exception(error))).encode(errors="backslashreplace"))
    except OSError:
        return "Please report what you did."
    return f"Please report it with {report}; nothing that was paid for is lost."
