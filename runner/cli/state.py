"""`bqlrun state verify | forget | rebuild | merge | import`: look after the state file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import options, takeover

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from runner.state.store import State

DEFAULT_DIR = "downloads"
EXAMPLE = "example: bqlrun state verify"
# What each does, and an example of it.
ACTIONS = {
    "verify": ("compare every finished file with its checksum; no network", "verify"),
    "forget": ("know nothing more of some exports; their jobs stay known", "forget 'example-org/*:titles'"),
    "rebuild": ("take over finished files from the manifests beside them", "rebuild downloads"),
    "merge": ("take over what the state files of other shards know", "merge shard-1/state.db shard-2/state.db"),
    "import": (
        "take over the jobs of Pipulate's export_registry.json; reads the API",
        "import export_registry.json specs/",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with it."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    verify, forget, rebuild, merge, taking = (
        actions.add_parser(name, help=does, description=does, epilog=f"example: bqlrun state {example}")
        for name, (does, example) in ACTIONS.items()
    )
    forget.add_argument("patterns", nargs="+", metavar="PATTERN", help="org/project, export, or org/project:export")
    rebuild.add_argument("dirs", nargs="*", metavar="DIR", help=f"output folders, or addresses; default {DEFAULT_DIR}")
    merge.add_argument("files", nargs="+", type=options.file, metavar="FILE", help="theirs; they are only read")
    takeover.add_arguments(taking)
    for action in (verify, forget, rebuild, merge, taking):
        options.add_state(action)
        options.add_output(action)


def execute(args: argparse.Namespace) -> int:
    """Do it, and say what came of it."""
    actions = {"verify": _verify, "forget": _forget, "rebuild": _rebuild, "merge": _merge, "import": takeover.execute}
    return actions[args.action](args)


def _verify(args: argparse.Namespace) -> int:
    """1 where a file is missing or altered."""
    from runner.run.verify import verify
    from runner.show.upkeep import verified_json, verified_text

    console = options.console(args)
    with _opened(args.state) as state:
        files = list(verify(state))
    if args.json:
        console.json(verified_json(files))
    console.result(verified_text(files))
    return 0 if all(each.good for each in files) else 1


def _forget(args: argparse.Namespace) -> int:
    """Their files stay where they are, and what was paid for stays known: the next run fetches it at no cost."""
    from runner.errors import UsageError
    from runner.spec.select import Selection, perhaps_meant

    console = options.console(args)
    if any(pattern.startswith("label:") for pattern in args.patterns):
        raise UsageError("the state file knows no labels", "org/project, export, or org/project:export")
    chosen = Selection(tuple(args.patterns))
    with _opened(args.state) as state:
        picked = [each for each in state.exports.all() if chosen.matches(each.org, each.project, each.export, ())]
        if not picked:
            names = state.exports.names()
            projects, exports = [name[:2] for name in names], [name[2] for name in names]
            meant = "".join(perhaps_meant(pattern, projects, exports) for pattern in args.patterns[:1])
            raise UsageError(f"no export of the state file is meant{meant}", "`bqlrun status` lists them")
        for record in picked:
            state.exports.forget(record.path)
    if args.json:
        console.json({"forgotten": [record.path for record in picked]})
    console.result(f"forgotten: {', '.join(record.path for record in picked)}; a run fetches them again at no cost")
    return 0


def _rebuild(args: argparse.Namespace) -> int:
    """1 where a manifest or its file had to be left alone."""
    from runner.errors import UsageError
    from runner.files.destination import destination_of
    from runner.run.rebuild import Rebuilt, rebuild
    from runner.show.upkeep import rebuilt_json, rebuilt_text
    from runner.state.mend import set_aside
    from runner.state.store import State

    console, dirs = options.console(args), args.dirs or [DEFAULT_DIR]
    for folder in dirs:
        if not destination_of(folder).is_folder(folder):
            raise UsageError(f"there is no folder {folder}", "name the output folder: `bqlrun state rebuild DIR`")
    aside = set_aside(args.state)
    if aside:
        console.error(f"bqlrun: {args.state} is damaged, and is kept as {aside}")
    with State(args.state, "") as state:
        found = [rebuild(state, folder) for folder in dirs]
    whole = Rebuilt(
        tuple(path for each in found for path in each.added),
        tuple(path for each in found for path in each.known),
        tuple(left for each in found for left in each.left),
    )
    if args.json:
        console.json(rebuilt_json(whole))
    console.result(rebuilt_text(whole))
    return 1 if whole.left else 0


def _merge(args: argparse.Namespace) -> int:
    """Every file by itself: one that cannot be read ends it, and what was taken over before stays."""
    from runner.errors import UsageError
    from runner.show.upkeep import merged_json, merged_text
    from runner.state.merge import merge
    from runner.state.room import private_folder

    console = options.console(args)
    absent = next((file for file in args.files if not file.exists()), None)
    if absent:
        raise UsageError(f"there is no state file {absent}", "name those of the other shards")
    private_folder(args.state.parent)
    merged = [(str(file), merge(args.state, file)) for file in args.files]
    if args.json:
        console.json(merged_json(merged))
    console.result(merged_text(merged))
    return 0


def _opened(path: Path) -> State:
    """A state file that is not there is not made."""
    from runner.errors import StateError
    from runner.state.store import State

    if not path.exists():
        raise StateError(f"there is no state file {path}", "`bqlrun state rebuild` makes one from manifests")
    return State(path, "")
