"""Whether a job that the API lists is the one that was asked for: by its payload alone, no clocks, no guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue


# What a query leaves out where it asks for everything: a job that has it carries only a part of that.
_NARROWING = ("filters", "post_filters", "periods")


def echoes(sent: JsonValue, echoed: JsonValue) -> bool:
    """Whether every key that was sent comes back with the same value.

    Keys that the API adds do not matter, unless they say that only some of the rows were asked for.
    """
    if isinstance(sent, dict):
        return isinstance(echoed, dict) and _has_all_of(sent, echoed) and not _is_narrower(sent, echoed)
    if isinstance(sent, list):
        same_length = isinstance(echoed, list) and len(sent) == len(echoed)
        return same_length and all(map(echoes, sent, echoed))
    # 1 == True in Python, and not in JSON.
    return isinstance(sent, bool) == isinstance(echoed, bool) and bool(sent == echoed)


def _has_all_of(sent: JsonObject, echoed: JsonObject) -> bool:
    return all(key in echoed and echoes(sent[key], echoed[key]) for key in sent)


def _is_narrower(sent: JsonObject, echoed: JsonObject) -> bool:
    return any(echoed.get(key) for key in _NARROWING if key not in sent)
