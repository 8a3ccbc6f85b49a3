"""A few lives of the machine; `make torture` has many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.torture.machine import drive

if TYPE_CHECKING:
    from tests.torture.bench import Bench


def test_whatever_happens_in_whatever_order_each_export_is_paid_for_once_and_complete(bench: Bench) -> None:
    assert drive(bench, examples=6, steps=8)["struck"] > 0
