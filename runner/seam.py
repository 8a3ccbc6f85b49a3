"""The one seam that every effect on the world passes: commits, writes, fsyncs, renames, sends, receives.

A crash matters only around an effect. Tests install an observer, count the effects of a calm run, and then stop the
program before and after each of them; nothing observes in production.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["commit", "write", "fsync", "rename", "send", "receive"]


class Observer(Protocol):
    """What a test sees of an effect. Raising, or not returning, stops the program right there."""

    def before(self, kind: Kind, subject: str) -> None:
        """Called when everything is ready and nothing has happened."""

    def after(self, kind: Kind, subject: str) -> None:
        """Called when the effect has happened and the program does not know it yet."""


class _Seam:
    observer: Observer | None = None


def observe(observer: Observer | None) -> None:
    """Install the observer of this process, or take it away with None."""
    _Seam.observer = observer


@contextmanager
def effect(kind: Kind, subject: str) -> Iterator[None]:
    """Mark one effect; `subject` names it for a person (a path, a method and route), and never holds a secret."""
    observer = _Seam.observer
    if observer is not None:
        observer.before(kind, subject)
    yield
    if observer is not None:
        observer.after(kind, subject)
