"""`output.dir` where it is an address: of a kind of object store that there is, with a bucket, and without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.files.location import SCHEMES, is_store
from runner.spec.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonObject
    from runner.spec.document import Document

_ADDRESS = re.compile(r"\w+://(?P<bucket>[a-z0-9][a-z0-9._-]+)(?P<prefix>(/[^/?#]+)*)/?")


def output_problems(document: Document) -> Iterator[Problem]:
    """A problem for each address that no file could go to. What it says is not repeated: a key may be in it."""
    outputs: dict[tuple[str | int, ...], JsonObject] = {("output",): document.data.get("output", {})}
    for index, export in enumerate(document.data["exports"]):
        outputs["exports", index, "output"] = export.get("output", {})
    for path, output in outputs.items():
        wrong = _wrong(output.get("dir", ""))
        if wrong:
            yield Problem(document.place((*path, "dir")), wrong)


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
