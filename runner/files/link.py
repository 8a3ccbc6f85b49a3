"""What a download asks of the network: a way to open an address, its answer, and the error of a link that broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from runner.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager


class LinkBroken(DownloadError):
    """The connection failed, timed out or ended early: what arrived is kept, and another try goes on from there."""


class Download(Protocol):
    """One open answer of the file's server.

    `length` is that of this body, None where it is not known; `start` is where Content-Range says that the body
    begins, else 0; `total` the size of the whole file where Content-Range names it; `retry_after` is in seconds.
    """

    status: int
    etag: str | None
    last_modified: str | None
    length: int | None
    start: int
    total: int | None
    retry_after: float | None

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives. Raises LinkBroken where it ends before its end."""


# An address and the request's headers; the answer is open inside the `with`. Raises LinkBroken.
Opener: TypeAlias = "Callable[[str, Mapping[str, str]], AbstractContextManager[Download]]"
