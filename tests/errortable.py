"""docs/errors.md, from runner/errors.py: `python -m tests.errortable > docs/errors.md` writes it anew."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from runner import errors
from runner.errors import BqlrunError, Interrupted
from tests.messages import PLACED, Message, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """\
# Errors

Every error that bqlrun raises on purpose, from the general to the particular, and then [every
message](#every-message). A message says what happened, to which
export, what the API answered, and, in parentheses, what to do. Where a kind of error has one remedy it stands here;
the others say theirs with the message. Exit codes are those of a command that ends with nothing worse; the README has
all of them. Nobody is shown a traceback: what was not foreseen is one line, exit code 1, and the details in
`.bqlrun/crash.log`.

| error | exit code | what happened | what to do |
|---|---|---|---|
"""


MESSAGES = f"""
## Every message

Read from the source, wherever an error is made; `{{…}}` is what is filled in. Before a message stands where it
happened: the file, line and column of a spec, or the export. For a problem in a spec there is always one thing to do:
{PLACED}.

| message | what to do | error |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    tree = "".join(f"| {' | '.join(row)} |\n" for row in _rows(BqlrunError, 0))
    shown = dict.fromkeys(_shown(each) for each in messages() if not each.relayed)
    return HEAD + tree + MESSAGES + "".join(f"| {' | '.join(row)} |\n" for row in shown)


def _shown(message: Message) -> tuple[str, str, str]:
    hint = "" if message.hint == PLACED else _cell(message.hint)
    return _cell(message.text), hint, f"`{message.error}`"


def known() -> set[type[BqlrunError]]:
    """Every error of the module."""
    return {each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, BqlrunError)}


def _rows(kind: type[BqlrunError], depth: int) -> Iterator[tuple[str, str, str, str]]:
    name = f"{'&nbsp;&nbsp;' * depth}`{kind.__name__}`"
    code = "130, 143" if kind is Interrupted else str(kind.exit_code)
    yield name, code, _cell(_summary(kind)), _cell(kind.hint) or "said with the message"
    for each in sorted(kind.__subclasses__(), key=lambda each: inspect.getsourcelines(each)[1]):
        if each.__module__ == errors.__name__:
            yield from _rows(each, depth + 1)


def _summary(kind: type[BqlrunError]) -> str:
    return (kind.__doc__ or "").split("\n\n")[0].strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
