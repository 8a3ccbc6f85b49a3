"""The last requests, so that a test can count them and see where a token went."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject

_KEPT = 100_000


class RequestLog:
    """Entries, oldest first. No token is in them, only whether one came."""

    def __init__(self) -> None:
        self._entries: deque[JsonObject] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def add(self, entry: JsonObject) -> None:
        """Note one request."""
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[JsonObject]:
        """All that is noted."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
