"""POST /query: rows of a BQLv2 query, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import json_answer
from runner.emulator.api.pages import address
from runner.emulator.bql.query import compile_query
from runner.emulator.errors import bad_request

if TYPE_CHECKING:
    from runner.emulator.api.call import Answer, Call
    from runner.emulator.bql.query import Compiled
    from runner.emulator.service import Service
    from runner.emulator.sql import Row
    from runner.jsonvalue import JsonObject

_DEFAULT, _MOST = 500, 2000


def query(service: Service, call: Call) -> Answer:
    """One page. `next` is there as long as there is another."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    behaviour = service.world.behaviour
    page, size = call.number("page", 1, 10**9), _size(service, call)
    compiled = compile_query(call.json(), catalogue, ignore_limit=behaviour.limit_in_query == "ignore")
    rows = service.engine.rows(*compiled.page(size + 1, (page - 1) * size))
    counted = service.engine.rows(*compiled.count()) if "count" in call.query else []
    answer: JsonObject = {
        "results": [_row(row, compiled) for row in rows[:size]],
        "previous": address(call, page - 1, size) if page > 1 else None,
        "next": address(call, page + 1, size) if len(rows) > size else None,
        "page": page,
        "size": size,
    }
    if answer["next"] is None and behaviour.last_next == "absent":
        del answer["next"]
    return json_answer(answer | ({"count": counted[0][0]} if counted else {}))


def _size(service: Service, call: Call) -> int:
    size = call.number("size", _DEFAULT, 10**9)
    if size > _MOST and service.world.behaviour.page_size_above_maximum == "refuse":
        raise bad_request(f"size is at most {_MOST}")
    return min(size, _MOST)


def _row(row: Row, compiled: Compiled) -> JsonObject:
    values = compiled.shown(row)
    split = len(compiled.dimensions)
    return {"dimensions": values[:split], "metrics": values[split:]}
