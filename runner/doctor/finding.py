"""What one look came to: good, bad, or neither, in words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import TokenRefused

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` is None for what is neither good nor bad: worth knowing, and in nobody's way."""

    check: str
    ok: bool | None
    text: str
    hint: str = ""
    refused: bool = False


def exit_code(findings: Sequence[Finding]) -> int:
    """0, or 3 where every token was refused, or 1."""
    tokens = [each for each in findings if each.check == "token" and each.ok is not None]
    if tokens and all(each.refused for each in tokens):
        return TokenRefused.exit_code
    return int(any(each.ok is False for each in findings))
