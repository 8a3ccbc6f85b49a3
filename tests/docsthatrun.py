"""Documentation that runs: a page's file blocks are written, its console blocks run, and what they print compared.

A block is a file where the words before it end in the file's name: "The spec, `spec.yaml`:". Every other block that is
not `console` is only shown. A line `…` in what a command prints stands for lines that are left out. A command that ends
with another exit code than 0 is followed by `$ echo $?`.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BLOCK = re.compile(r"(?:`([\w./-]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = "…"


@dataclass(frozen=True)
class Example:
    """A command, and all that it is said to print, in whatever order its exports finish."""

    command: str
    printed: list[str]


@dataclass(frozen=True)
class File:
    """A file that the page tells its reader to write."""

    name: str
    text: str


def steps(text: str) -> Iterator[Example | File]:
    """What a page's reader does, in its order."""
    for name, language, body in BLOCK.findall(text):
        if language == "console":
            yield from _commands(body)
        elif name:
            yield File(name, body)


def examples(text: str) -> list[Example]:
    """The commands of a page."""
    return [step for step in steps(text) if isinstance(step, Example)]


def _commands(body: str) -> Iterator[Example]:
    for shown in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *printed = shown.rstrip().splitlines()
        yield Example(command, printed)


_OBITUARY = re.compile(r"bash: line \d+: +\d+ Killed")


def walk(text: str, folder: Path, environ: Mapping[str, str]) -> int:
    """Do what a page says, in a folder; how many commands were run. Any difference is an AssertionError."""
    code, ran = 0, 0
    for step in steps(text):
        if isinstance(step, File):
            (folder / step.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.name).write_text(step.text, encoding="utf-8")
        elif step.command.startswith("cd "):
            folder /= step.command.removeprefix("cd ")
        elif step.command == "echo $?":
            assert step.printed == [str(code)]
            code = 0
        else:
            assert code == 0, f"exit code {code} before {step.command}"
            printed, code = said(step.command, folder, environ)
            compare(step, printed)
            ran += 1
    assert code == 0
    return ran


def said(command: str, folder: Path, environ: Mapping[str, str]) -> tuple[str, int]:
    """What a shell command prints, and its exit code."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout, done.returncode


def compare(example: Example, printed: str) -> None:
    """Assert that a command printed what its page says."""
    real, shown = comparable(printed.splitlines()), comparable(example.printed)
    if LEFT_OUT in shown:
        assert [line for line in shown if line not in {*real, LEFT_OUT}] == [], f"{example.command}\n{printed}"
    else:
        assert real == shown, example.command


def comparable(lines: list[str]) -> list[str]:
    """What is the same each time: how long things take is not, nor which of two exports gets the lower job number.

    Nor does a shell always say that what it was told to kill is dead.
    """
    kept = [line.rstrip() for line in lines if line.strip() and not _OBITUARY.match(line)]
    return sorted(re.sub(r"\bjob \d+|\babout [\d:]+", "N", line) for line in kept)


def plain_environ(programs: Path | None = None) -> dict[str, str]:
    """The environment without anything that changes what bqlrun does or shows; `programs` come first on its path."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("BOTIFY", "PYTHON", "GITHUB"))}
    return kept if programs is None else kept | {"PATH": f"{programs}:{kept['PATH']}"}
