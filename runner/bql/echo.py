"""Whether a job that the API lists is the one that was asked for: by its payload alone, no clocks, no guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.jsonvalue import JsonValue


def echoes(sent: JsonValue, echoed: JsonValue) -> bool:
    """Whether every key that was sent comes back with the same value; keys that the API adds do not matter."""
    if isinstance(sent, dict):
        return isinstance(echoed, dict) and all(key in echoed and echoes(sent[key], echoed[key]) for key in sent)
    if isinstance(sent, list):
        same_length = isinstance(echoed, list) and len(sent) == len(echoed)
        return same_length and all(map(echoes, sent, echoed))
    # 1 == True in Python, and not in JSON.
    return isinstance(sent, bool) == isinstance(echoed, bool) and bool(sent == echoed)
