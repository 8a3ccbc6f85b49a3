"""Spec files become Specs, or every problem in all of them at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runner.errors import SpecError
from runner.schemacheck import violations
from runner.spec.build import build, found_projects, repeated
from runner.spec.meaning import meaning_problems
from runner.spec.outputs import output_problems
from runner.spec.problem import Place, Problem
from runner.spec.strings import take_source_text
from runner.spec.text import SUFFIXES, read_text
from runner.spec.wording import problems_of
from runner.spec.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.spec.document import Document
    from runner.spec.meaning import Broken
    from runner.spec.model import Spec


def load_specs(paths: Sequence[Path]) -> tuple[Spec, ...]:
    """The specs of files and folders, each file once; SpecError with every problem of every one of them."""
    specs, problems = read_specs(paths)
    if problems:
        raise SpecError(sorted(problems))
    return tuple(specs)


def read_specs(paths: Sequence[Path]) -> tuple[list[Spec], list[Problem]]:
    """What there is of the specs of files and folders, each file once, and every problem of every one of them.

    A spec that has a problem is there without what is wrong, so that more can be found, or is not there.
    """
    specs: list[Spec] = []
    problems: list[Problem] = []
    files: dict[str, Path] = {}
    for file in (file for path in paths for file in _files(path, problems)):
        # A folder and a file of it, or a link and what it leads to, name one spec.
        files.setdefault(os.path.realpath(file), file)
    for file in files.values():
        try:
            spec, found = _read(file)
        except SpecError as error:
            spec, found = None, error.problems
        specs += [spec] if spec else []
        problems += found
    return specs, [*problems, *_same_names(specs)]


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    """A file itself; of a folder, the specs directly in it. Hidden files there are other programs' configuration."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and not each.name.startswith("."))
    if not found:
        problems.append(Problem(Place(str(path)), "this folder holds no *.yaml and no *.yml"))
    return found


def _read(path: Path) -> tuple[Spec | None, Sequence[Problem]]:
    document = parse(read_text(path), str(path))
    take_source_text(document, "spec")
    problems, broken = _schema_problems(document)
    if not isinstance(document.data, dict):
        return None, problems
    # Members of lists can be left out; what is wrong elsewhere concerns all of them.
    is_sound = all(len(steps) == 2 and steps[0] in {"projects", "exports"} for steps in broken)
    problems += meaning_problems(document, broken)
    outputs = list(output_problems(document, broken))
    found = list(found_projects(document, broken))
    twice = list(repeated(found))
    problems += [*outputs, *twice, *(each for each in found if isinstance(each, Problem))]
    again = {problem.place for problem in twice}
    once = [each for each in found if each.place not in again]
    return build(document, once, broken) if is_sound and not outputs else None, sorted(set(problems))


def _schema_problems(document: Document) -> tuple[list[Problem], Broken]:
    """What the schema has against a document, and which parts of it nobody should look further into."""
    problems: list[Problem] = []
    broken: Broken = set()
    for violation in violations("spec", document.data):
        problems += problems_of(violation, document)
        broken.add(violation.path[:2])
    return problems, broken


def _same_names(specs: list[Spec]) -> Iterator[Problem]:
    """The name is what a spec is known by in the state file."""
    first: dict[str, Spec] = {}
    for spec in specs:
        other = first.setdefault(spec.name, spec)
        if other is not spec:
            yield Problem(Place(spec.file), f"the spec {other.file} is named {spec.name} too")
