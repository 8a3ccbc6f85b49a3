"""What the files room is given and what it gives back: small values that travel to a thread, a process, a machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.errors import ArchiveError, BqlrunError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
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
    url: str = field(repr=False)
    raw: Path
    staged: Path
    columns: tuple[Column, ...]
    with_header: bool = True
    compress: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A staged file, complete and checked: data rows without the header, bytes and SHA-256 of the file itself.

    `fetched` counts the bytes that crossed the network this time (0 where the raw file was already complete);
    `seconds` is how long unpacking and checking took. `borders` are where records of a table without a header end,
    some 20 MB apart; none where they are not known.
    """

    staged: Path
    rows: int
    bytes: int
    sha256: str
    fetched: int
    seconds: float = field(default=0.0, compare=False)
    borders: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an archive is trusted: more than this is an attack or an accident, not an export.

    Deflate cannot exceed 1032:1, and no real table comes near; `slack` bytes may be written before the ratio counts.
    """

    ratio: int = 1000
    slack: int = 8 << 20
    size: int = 200 << 30
    entries: int = 1000


class StopRequested(BqlrunError):
    """The caller's `stopped()` turned true. What was fetched is on disk, and the same work goes on from there."""


def until_stopped(blocks: Iterable[bytes], stopped: Callable[[], bool]) -> Generator[bytes]:
    """The blocks as they come; raises StopRequested in front of the first one after `stopped()` turned true."""
    for block in blocks:
        if stopped():
            raise StopRequested("stopped between two blocks of a file")
        yield block


class Damaged(ArchiveError):
    """The file is cut short or its checksum is wrong: fetching it again may bring a whole one."""


def never() -> bool:
    """The `stopped` of those who never want to stop."""
    return False
