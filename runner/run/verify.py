"""Whether every finished file is still what was placed: read whole, and compared by its SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.files.destination import destination_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.state.store import State

Finding = Literal["ok", "missing", "altered", "unreadable", "cleaned"]


@dataclass(frozen=True, slots=True)
class Verified:
    """A file of the state file, and what was found at its path."""

    path: str
    found: Finding

    @property
    def good(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.found in {"ok", "cleaned"}


def verify(state: State) -> Iterator[Verified]:
    """Every file that is done, and every one that was made of such. Raises StoreError."""
    for record in state.exports.all():
        if record.status == "done" and record.partition is None:
            cleaned = record.cleaned_at is not None
            yield Verified(record.path, "cleaned" if cleaned else _found(record.path, record.sha256))
    for derived in state.derived.all():
        yield Verified(derived.path, _found(derived.path, derived.sha256))


def _found(path: str, sha256: str | None) -> Finding:
    try:
        same = destination_of(path).sha256(path) == sha256
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    return "ok" if same else "altered"
