"""Pages of a list: the envelope with absolute addresses of the next and the previous one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.emulator.api.call import Call
    from runner.jsonvalue import JsonObject, JsonValue


def page_of(call: Call, items: Sequence[JsonValue], default: int = 500, most: int = 2000) -> JsonObject:
    """One page of a list that is at hand."""
    page, size = call.number("page", 1, 10**9), call.number("size", default, most)
    return envelope(call, items[(page - 1) * size : page * size], len(items), page, size)


def envelope(call: Call, results: Sequence[JsonValue], count: int, page: int, size: int) -> JsonObject:
    """The envelope of one page."""
    return {
        "count": count,
        "page": page,
        "size": size,
        "next": address(call, page + 1, size) if page * size < count else None,
        "previous": address(call, page - 1, size) if page > 1 else None,
        "results": list(results),
    }


def address(call: Call, page: int, size: int) -> str:
    """Where another page of the same request is."""
    return call.url(call.path, urlencode({**call.query, "page": page, "size": size}))
