"""`output`: an address in `dir` is of a store that there is, and without secrets; templates can be filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.bql.inline import check_inline
from runner.errors import UsageError
from runner.files.location import SCHEMES, is_store
from runner.spec.meaning import sound_members
from runner.spec.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonObject
    from runner.spec.document import Document
    from runner.spec.meaning import Broken, Steps

# What plan/paths.py fills in.
PATH_NAMES = ("org", "project", "analysis", "export", "spec", "labels", "vars")
_ADDRESS = re.compile(r"\w+://(?P<bucket>[a-z0-9][a-z0-9._-]+)(?P<prefix>(/[^/?#]+)*)/?")


def output_problems(document: Document, broken: Broken) -> Iterator[Problem]:
    """A problem for each address that no file could go to, and each template that nothing could fill in.

    What an address says is not repeated: a key may be in it.
    """
    for path, output in _outputs(document, broken):
        wrong = _wrong(output.get("dir", ""))
        if wrong:
            yield Problem(document.place((*path, "dir")), wrong)
        for key in ("path", "current"):
            try:
                check_inline(output.get(key) or "", PATH_NAMES, f"output.{key}")
            except UsageError as error:
                yield Problem(document.place((*path, key)), str(error))


def _outputs(document: Document, broken: Broken) -> Iterator[tuple[Steps, JsonObject]]:
    """The spec's own `output` and those of its exports, where the schema has nothing against them."""
    if not any(steps[:1] == ("output",) for steps in broken):
        yield ("output",), document.data.get("output", {})
    for path, export in sound_members(document, "exports", broken):
        yield (*path, "output"), export.get("output", {})


def _wrong(folder: str) -> str | None:
    if "://" not in folder:
        return None
    if not is_store(folder):
        return f"`dir` is a folder, or an address that begins with {' or '.join(SCHEMES)}"
    if "@" in folder:
        return "credentials have no place in a spec: they are read from the environment (docs/stores.md)"
    found = _ADDRESS.fullmatch(folder)
    if found is None or not folder.isprintable() or {".", ".."} & set(found["prefix"].split("/")):
        return "`dir` is no address of a bucket and a prefix, such as s3://bucket/prefix"
    return None
