"""The command line: `bqlrun COMMAND …`."""


def entry() -> None:
    """The console script."""
    raise SystemExit(2)
