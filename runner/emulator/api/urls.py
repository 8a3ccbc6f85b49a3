"""The legacy lists: URLs of a crawl, aggregations over them, and URLs of the web logs, in BQLv1."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from runner.emulator.api.account import token_of
from runner.emulator.api.call import json_answer
from runner.emulator.api.collections import dataset
from runner.emulator.api.pages import envelope
from runner.emulator.bql.areas import area_aggregation, area_list, area_of
from runner.emulator.bql.legacy import crawl_list, logs_list
from runner.emulator.bql.query import compile_query
from runner.emulator.errors import Refused, bad_request, not_found
from runner.emulator.files.formats import nested_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.emulator.api.call import Answer, Call
    from runner.emulator.bql.areas import Area
    from runner.emulator.bql.query import Compiled
    from runner.emulator.catalogue import Catalogue
    from runner.emulator.service import Service
    from runner.emulator.sql import Row
    from runner.jsonvalue import JsonObject, JsonValue


def crawl_of(service: Service, call: Call) -> tuple[Catalogue, str]:
    """The project and the crawl that an address names; a crawl that is not finished cannot be asked."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    crawl = catalogue.project.crawl(call.names["analysis"])
    if crawl is None:
        raise not_found(code=1004)
    if not crawl.queryable:
        raise Refused(400, 1044, f"the analysis is {crawl.status}")
    return catalogue, crawl.slug


def urls(service: Service, call: Call) -> Answer:
    """A page of a crawl's URLs, as nested objects."""
    catalogue, slug = crawl_of(service, call)
    wanted = area_list(call.json(), area_of(call.query, catalogue, slug))
    return _listed(service, call, compile_query(wanted, catalogue, each_url=True))


def one_url(service: Service, call: Call) -> Answer:
    """All that is known of one URL."""
    catalogue, slug = crawl_of(service, call)
    known = catalogue.collection(f"crawl.{slug}")
    wanted = call.query.get("fields", "")
    shown = [field.id for field in known.fields.values() if field.kind == "dimension"] if known else []
    fields = wanted.split(",") if wanted else [name for name in shown if "graph" not in name]
    for url in _addresses(call):
        body = {"fields": fields, "filters": {"field": "url", "predicate": "eq", "value": url}}
        compiled = compile_query(crawl_list(body, slug), catalogue, each_url=True)
        found = _run(service, compiled, 1, 0)
        if found:
            return json_answer(next(iter(nested_rows(compiled.columns, found))))
    raise Refused(404, 1017)


def _addresses(call: Call) -> Iterator[str]:
    """The page's address, which the official SDK encodes twice; a slash at the end is the page's or the API's own."""
    for given in dict.fromkeys((call.names["url"], unquote(call.names["url"]))):
        if call.slash:
            yield f"{given}/"
        yield given


def aggregations(service: Service, call: Call) -> Answer:
    """A list of queries, each answered by itself: one that is wrong does not spoil the others."""
    catalogue, slug = crawl_of(service, call)
    area, body = area_of(call.query, catalogue, slug), call.json()
    queries = body if isinstance(body, list) else [body]
    if not 0 < len(queries) <= 20:
        raise bad_request("from 1 to 20 queries")
    return json_answer([_aggregated(service, catalogue, area, node) for node in queries])


def datamodel(service: Service, call: Call) -> Answer:
    """The crawl's fields by id."""
    catalogue, slug = crawl_of(service, call)
    known = catalogue.collection(f"crawl.{slug}")
    fields = known.fields.values() if known else []
    shown = {
        field.id: {"name": field.name, "type": field.type, "multiple": field.multiple, "group": field.group}
        for field in fields
        if field.kind == "dimension"
    }
    groups = [{"id": group, "name": group.title()} for group in sorted({field.group for field in fields})]
    return json_answer({"fields": shown, "groups": groups, "max_timeseries_fields": 10, "aliases": {}})


def datasets(service: Service, call: Call) -> Answer:
    """The same fields, as a collection describes them."""
    catalogue, slug = crawl_of(service, call)
    known = catalogue.collection(f"crawl.{slug}")
    return json_answer([dataset(known)] if known else [])


def logs(service: Service, call: Call) -> Answer:
    """A page of the URLs of the web logs; the address has its dates without dashes."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    days = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in (call.names["start"], call.names["end"])]
    daily = catalogue.project.logs
    if daily is None:
        raise Refused(400, 1034, "the project has no logs")
    if days[1] < daily.start.isoformat() or days[0] > daily.end.isoformat():
        raise Refused(400, 1055)
    return _listed(service, call, compile_query(logs_list(call.json(), *days), catalogue))


def _listed(service: Service, call: Call, compiled: Compiled) -> Answer:
    page, size = call.number("page", 1, 10**9), call.number("size", 100, 2000)
    rows = _run(service, compiled, size, (page - 1) * size)
    count = _count(service, compiled)
    return json_answer(envelope(call, list(nested_rows(compiled.columns, rows)), count, page, size))


def _run(service: Service, compiled: Compiled, size: int, offset: int) -> list[Row]:
    return service.engine.rows(*compiled.page(size, offset))


def _count(service: Service, compiled: Compiled) -> int:
    return int(service.engine.rows(*compiled.count())[0][0])


def _aggregated(service: Service, catalogue: Catalogue, area: Area, node: JsonValue) -> JsonObject:
    try:
        aggs, filters = _query(node)
        total = compile_query(area_aggregation({"group_by": []}, filters, area), catalogue)
        groups = [_groups(service, catalogue, area_aggregation(part, filters, area)) for part in aggs]
        return {"status": 200, "data": {"count": _run(service, total, 1, 0)[0][0], "aggs": groups}}
    except Refused as refused:
        return {"status": refused.status} | refused.envelope()


def _query(node: JsonValue) -> tuple[Sequence[JsonValue], JsonValue]:
    if not isinstance(node, dict) or not set(node) <= {"aggs", "filters"}:
        raise Refused(400, 1024)
    aggs = node.get("aggs", [])
    if not isinstance(aggs, list) or len(aggs) > 20:
        raise Refused(400, 1023, "aggs is a list")
    return aggs, node.get("filters")


def _groups(service: Service, catalogue: Catalogue, body: JsonObject) -> JsonObject:
    compiled = compile_query(body, catalogue)
    split = len(compiled.dimensions)
    rows = _run(service, compiled, 1_000, 0)
    return {"groups": [{"key": compiled.shown(row)[:split], "metrics": compiled.shown(row)[split:]} for row in rows]}
