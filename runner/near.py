"""What was perhaps meant: the nearest names to one that is not known."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def near(name: str, known: Iterable[str], most: int = 1, likeness: float = 0.6) -> list[str]:
    """At most so many names, the likest first; `likeness` 0 takes any, 1 only the same."""
    # Loaded by who mistyped.
    from difflib import get_close_matches

    return get_close_matches(name, list(known), n=most, cutoff=likeness)
