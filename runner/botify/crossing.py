"""Puts the seam where a request's bytes really cross, and knows whether any of them did."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from runner.seam import effect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from runner.seam import Kind

_BEGINS: Mapping[str, Kind] = {"send_request_headers.started": "send", "receive_response_headers.started": "receive"}
_ENDS = frozenset({"send_request_body.complete", "receive_response_body.complete"})


class Crossing:
    """The trace of one request, as httpx's transport reports it ("http11.send_request_headers.started", …).

    `left` turns true just before the first byte is written: what fails while it is false was certainly never sent.
    """

    def __init__(self, subject: str) -> None:
        self.left = False
        self._subject = subject
        self._open = ExitStack()

    async def __call__(self, event: str, details: Mapping[str, Any]) -> None:
        """Called by the transport around each of its steps."""
        if _is_tunnel(details):
            return
        step = event.partition(".")[2]
        if step in _BEGINS:
            self._open = ExitStack()
            self._open.enter_context(effect(_BEGINS[step], self._subject))
            self.left = True
        elif step in _ENDS:
            self._open.close()


def _is_tunnel(details: Mapping[str, Any]) -> bool:
    """A proxy is asked for a tunnel first; nothing of ours is in that request."""
    request = details.get("request")
    return request is not None and request.method == b"CONNECT"
