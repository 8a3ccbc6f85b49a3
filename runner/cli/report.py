"""`bqlrun report`: what the state file knows, as one HTML page that needs no network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.cli import options
from runner.files.location import is_store

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from runner.run.report import Reported

DEFAULT_OUT = Path("report.html")
EXAMPLE = "example: bqlrun report --out weekly.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the page goes, and what it is about."""
    parser.add_argument(
        "--out", type=options.file, default=DEFAULT_OUT, metavar="FILE.html", help=f"default {DEFAULT_OUT}"
    )
    options.add_state(parser)
    options.add_output(parser)


def execute(args: argparse.Namespace) -> int:
    """Write the page; a state file that is not there yet knows of nothing, and is not made."""
    from runner.run.report import of_state
    from runner.state.store import State

    console = options.console(args)
    exports: list[Reported] = []
    if args.state.exists():
        with State(args.state, "") as state:
            exports = of_state(state)
    write(args.out, "Botify exports", exports)
    if args.json:
        console.json({"path": str(args.out), "exports": len(exports)})
    console.result(f"{args.out}: {len(exports):,} exports" if len(exports) != 1 else f"{args.out}: 1 export")
    return 0


def write(path: Path, title: str, exports: Sequence[Reported]) -> None:
    """Put the page in place, whole or not at all. Links lead from where it is to the files."""
    from runner.show.report import report_page

    page = report_page(title, exports, lambda file: _link(file, path))
    put(path, page.encode("utf-8", "replace"))


def _link(file: str, page: Path) -> str:
    """An object has its address, whoever opens it."""
    return quote(file, safe="/:") if is_store(file) else quote(os.path.relpath(file, page.parent))


def put(path: Path, data: bytes) -> None:
    """Put a file where the user said. Raises PlaceError."""
    from runner.errors import PlaceError
    from runner.files.durable import make_folder, write_whole

    try:
        make_folder(path.parent)
        write_whole(path, data)
    except OSError as error:
        raise PlaceError(f"{path} cannot be written: {error.strerror}") from None
