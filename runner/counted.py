"""A number and its noun, as a sentence has them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 export`, `2 exports`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
