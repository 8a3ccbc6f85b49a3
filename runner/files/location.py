"""Where a final file is, as text: a path of a folder, or the address of an object in a store. Pure."""

from __future__ import annotations

from posixpath import normpath

SCHEMES = ("s3://", "gs://")


def is_store(path: str) -> bool:
    """Whether a path is an address in an object store."""
    return path.startswith(SCHEMES)


def tidy(path: str) -> str:
    """A path without needless steps; an address keeps its scheme."""
    scheme, slashes, rest = path.rpartition("://") if is_store(path) else ("", "", path)
    return f"{scheme}{slashes}{normpath(rest)}"


def name_of(path: str) -> str:
    """The last step of a path."""
    return path.rpartition("/")[2]


def beside(path: str, name: str) -> str:
    """The path of another name in the same folder."""
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{name}"
