"""A stage in a thread of its own gives the same blocks and the same errors, and leaves nothing behind."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from runner.files.ahead import ahead
from runner.files.work import Damaged

if TYPE_CHECKING:
    from collections.abc import Generator


class Source:
    """Blocks one after another, which notes how many were taken, in which thread, and that it was closed."""

    def __init__(self, blocks: int, error: BaseException | None = None) -> None:
        self.blocks = blocks
        self.error = error
        self.taken = 0
        self.closed = False
        self.threads: set[int] = set()

    def __call__(self) -> Generator[bytes]:
        try:
            for number in range(self.blocks):
                self.taken += 1
                self.threads.add(threading.get_ident())
                yield b"%d" % number
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True


def no_thread_is_left() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name == "ahead"]


@pytest.mark.parametrize("blocks", [0, 1, 4, 5, 300])
def test_all_blocks_come_in_their_order(blocks: int) -> None:
    source = Source(blocks)
    assert list(ahead(source())) == [b"%d" % number for number in range(blocks)]
    assert source.closed
    assert no_thread_is_left()


def test_blocks_are_made_in_another_thread() -> None:
    source = Source(3)
    list(ahead(source()))
    assert threading.get_ident() not in source.threads


def test_an_empty_block_is_a_block() -> None:
    assert list(ahead(block for block in (b"a", b"", b"b"))) == [b"a", b"", b"b"]


@pytest.mark.parametrize("error", [Damaged("cut short"), OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_an_error_comes_after_the_blocks_before_it(error: BaseException) -> None:
    got: list[bytes] = []
    with pytest.raises(type(error)) as raised:
        got.extend(ahead(Source(7, error)()))
    assert raised.value is error
    assert got == [b"%d" % number for number in range(7)]
    assert no_thread_is_left()


def test_it_runs_only_a_few_blocks_ahead() -> None:
    source = Source(1000)
    with closing(ahead(source())) as blocks:
        next(blocks)
        waiting = threading.Event()
        waiting.wait(0.2)
        assert source.taken <= 8


def test_a_caller_who_stops_early_stops_the_making() -> None:
    source = Source(1000)
    with closing(ahead(source())) as blocks:
        assert next(blocks) == b"0"
    assert source.closed
    assert source.taken < 20
    assert no_thread_is_left()


def test_stages_may_follow_each_other() -> None:
    source = Source(1000)
    with closing(ahead(ahead(source()))) as blocks:
        assert [next(blocks) for _ in range(20)] == [b"%d" % number for number in range(20)]
    assert source.closed
    assert no_thread_is_left()


def test_the_caller_s_own_error_ends_the_making_too() -> None:
    source = Source(1000)

    def fail() -> None:
        with closing(ahead(source())) as blocks:
            raise ZeroDivisionError(next(blocks))

    with pytest.raises(ZeroDivisionError, match="0"):
        fail()
    assert source.closed
    assert no_thread_is_left()
