"""What the files room is given and what it gives back: small values that travel to a thread, a process, a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: the header it is written under, and every name the API may print for it.

    The API's own header is recognised by `aliases` (slug, collection slug, verbose name, display name), compared
    without regard to letter case.
    """

    header: str
    aliases: frozenset[str]


@dataclass(frozen=True, slots=True)
class FileWork:
    """One download to turn into a checked file. `url` is a secret: it appears in no log and no error."""

    label: str
    url: str
    raw: Path
    staged: Path
    columns: tuple[Column, ...]
    with_header: bool = True
    compress: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A staged file, complete and checked: data rows without the header, bytes and SHA-256 of the file itself.

    `fetched` counts the bytes that crossed the network this time (0 where the raw file was already complete).
    """

    staged: Path
    rows: int
    bytes: int
    sha256: str
    fetched: int
