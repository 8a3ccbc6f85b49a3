"""Fetch a file to disk, going on where an earlier try stopped, for as long as there is hope and not longer."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from runner.errors import DownloadError, PlaceError
from runner.files import rawfile
from runner.files.durable import EarlySync, open_own, sync, write_all
from runner.files.link import LinkBroken
from runner.files.work import StopRequested
from runner.seam import effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.files.link import Download, Opener
    from runner.files.work import FileWork

# What has arrived is written when it is so much, or so many seconds old: a kill costs no more than that.
_BLOCK = 1 << 20
_SECONDS = 1.0
_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416
_TRANSIENT = {408, 425, 429}


class Watcher(Protocol):
    """Who follows a download: for each of the raw file's bytes exactly as it is on the disk."""

    def grew(self, there: int, announced: int | None, /) -> None:
        """So many bytes are there, of so many in all where that is known. Whatever it raises ends the download."""

    def lost(self) -> None:
        """All that was there is thrown away."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on, in tries and seconds. A try that brought new bytes makes the count start again."""

    tries: int = 8
    first: float = 0.5
    longest: float = 30
    longest_asked: float = 120
    openings: int = 1000

    def delay(self, failures: int, asked: float | None) -> float:
        """How long to wait after so many failures in a row; what the server asked for is honoured within bounds."""
        backoff = min(self.longest, self.first * 2.0 ** (failures - 1))
        jittered = backoff * random.uniform(0.5, 1)  # noqa: S311  spreads load, guards nothing
        return max(jittered, min(asked or 0, self.longest_asked))


@dataclass(slots=True)
class Fetch:
    """One download on its way to `work.raw`. `fetched` counts the bytes that crossed the network."""

    work: FileWork
    opener: Opener
    stopped: Callable[[], bool]
    patience: Patience
    watcher: Watcher
    fetched: int = 0
    asked: float | None = None

    def run(self) -> int:
        """Have the raw file complete; returns how many bytes that took. Raises DownloadError."""
        failures = 0
        best = rawfile.size(self.work.raw)
        for _ in range(self.patience.openings):
            try:
                if self._attempt():
                    return self.fetched
                trouble = LinkBroken("the server's ranges do not fit the file")
            except LinkBroken as error:
                trouble = error
            have = rawfile.size(self.work.raw)
            failures = 1 if have > best else failures + 1
            best = max(best, have)
            if failures >= self.patience.tries:
                raise DownloadError(f"{trouble.message}; given up after {failures} tries", status=trouble.status)
            self._pause(self.patience.delay(failures, self.asked))
        raise DownloadError(f"the connection broke {self.patience.openings} times")

    def _attempt(self) -> bool:
        """Open the address once; true when the file is complete, false when what is here had to be thrown away."""
        self.asked = None
        note, have = rawfile.read_note(self.work.raw), rawfile.size(self.work.raw)
        if have and note.total == have:
            return self._complete(note)
        self._check_stop()
        resume = have > 0 and note.validator is not None
        headers = {"Accept-Encoding": "identity"}
        if resume and note.validator:
            headers |= {"Range": f"bytes={have}-", "If-Range": note.validator}
        with ExitStack() as stack:
            with effect("send", f"GET the file of {self.work.label}"):
                answer = stack.enter_context(self.opener(self.work.url, headers))
            self.asked = answer.retry_after
            return self._take(answer, note, have if resume else 0)

    def _take(self, answer: Download, note: rawfile.Note, offset: int) -> bool:
        if answer.status == _RANGE_NOT_SATISFIABLE and offset:
            if answer.total == offset:
                return self._complete(note)
            return self._throw_away()
        if answer.status not in (_OK, _PARTIAL):
            raise self._refusal(answer)
        fresh = rawfile.Note(_validator(answer), _total(answer))
        if answer.status == _OK or (offset == 0 and answer.start == 0):
            self.watcher.lost()
            rawfile.start_over(self.work.raw, fresh)
            offset, note = 0, fresh
        elif answer.start != offset or not _same_file(note, fresh):
            return self._throw_away()
        note = replace(note, total=fresh.total or note.total)
        self._receive(answer, offset, note.total)
        return self._complete(note)

    def _throw_away(self) -> bool:
        self.watcher.lost()
        rawfile.drop(self.work.raw)
        return False

    def _refusal(self, answer: Download) -> DownloadError:
        """What an answer without a body for us means: 5xx and a few others may pass, everything else is final."""
        message = f"the file's server answered {answer.status}"
        if answer.status in _TRANSIENT or answer.status >= 500:
            return LinkBroken(message, status=answer.status)
        return DownloadError(message, status=answer.status)

    def _receive(self, answer: Download, there: int, total: int | None) -> None:
        """Append the body to the raw file; raises LinkBroken, as the answer does, where it ends before its end."""
        subject = str(self.work.raw)
        with open_own(self.work.raw, "ab") as file, EarlySync(file, subject) as early:
            for block in _blocks(answer.chunks(), self.stopped):
                with effect("receive", f"the file of {self.work.label}"):
                    self.fetched += len(block)
                with effect("write", subject):
                    write_all(file, block)
                early.wrote(len(block))
                there += len(block)
                self.watcher.grew(there, total)
        self._check_stop()

    def _complete(self, note: rawfile.Note) -> bool:
        """True, with the note to prove it, unless the file is not as long as it should be.

        A small file is not synced: to fetch it again costs one request, which is less than three syncs.
        """
        have = rawfile.size(self.work.raw)
        if note.total is not None and have != note.total:
            raise LinkBroken(f"{have} of {note.total} bytes arrived")
        if have <= _BLOCK:
            rawfile.attest(self.work.raw, note)
        else:
            with self.work.raw.open("rb") as file:
                sync(file, str(self.work.raw))
            rawfile.vouch(self.work.raw, note)
        return True

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._check_stop()
            time.sleep(min(left, 0.2))

    def _check_stop(self) -> None:
        if self.stopped():
            raise StopRequested("stopped while fetching")


def fetch(work: FileWork, opener: Opener, stopped: Callable[[], bool], patience: Patience, watcher: Watcher) -> int:
    """Have `work.raw` complete, and durable if it is large; returns how many bytes crossed the network.

    `watcher` hears nothing of a file that is complete already. Raises DownloadError (its `status` tells an expired
    address), StopRequested, PlaceError for the disk, and whatever the watcher raises.
    """
    if rawfile.is_complete(work.raw):
        return 0
    if rawfile.read_note(work.raw).complete:
        # It was complete, and these are not its bytes: a power cut came before they were on the disk.
        rawfile.drop(work.raw)
    try:
        return Fetch(work, opener, stopped, patience, watcher).run()
    except OSError as error:
        raise PlaceError(f"cannot write {work.raw}: {error.strerror or error}") from error


def _blocks(chunks: Iterator[bytes], stopped: Callable[[], bool]) -> Iterator[bytearray]:
    """Chunks gathered into large blocks. What had arrived before trouble or a stop is a last block before it."""
    block, due = bytearray(), time.monotonic() + _SECONDS
    try:
        for chunk in chunks:
            block += chunk
            if stopped():
                break
            if len(block) >= _BLOCK or time.monotonic() > due:
                yield block
                block, due = bytearray(), time.monotonic() + _SECONDS
    except LinkBroken:
        if block:
            yield block
        raise
    if block:
        yield block


def _validator(answer: Download) -> str | None:
    """What If-Range may carry: a strong ETag, or else the date. A weak ETag does not promise equal bytes."""
    strong = answer.etag if answer.etag and not answer.etag.startswith("W/") else answer.last_modified
    return strong if strong and strong.isascii() else None


def _total(answer: Download) -> int | None:
    if answer.status == _PARTIAL:
        return answer.total
    return answer.length


def _same_file(note: rawfile.Note, fresh: rawfile.Note) -> bool:
    """A server that does not look at If-Range gives itself away by another validator or another size."""
    return fresh.validator in (None, note.validator) and (note.total is None or fresh.total in (None, note.total))
