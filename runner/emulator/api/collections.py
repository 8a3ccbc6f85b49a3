"""A project's collections and their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import json_answer
from runner.emulator.api.times import day
from runner.emulator.bql.request import GLOBAL
from runner.emulator.data.fields import global_fields
from runner.emulator.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.emulator.api.call import Answer, Call
    from runner.emulator.catalogue import Collection
    from runner.emulator.data.field import Field
    from runner.emulator.service import Service
    from runner.jsonvalue import JsonObject

_GLOBAL_NAME = "URL Scheme and Segmentation"


def collections(service: Service, call: Call) -> Answer:
    """A bare list, not the envelope of other lists. What is not of one crawl is of today."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    today = day(service.clock())
    everywhere = {"id": GLOBAL, "name": _GLOBAL_NAME, "date": today, "timestamped": False}
    return json_answer([everywhere, *(_shown(found, today) for found in catalogue.collections)])


def collection(service: Service, call: Call) -> Answer:
    """One collection with its fields."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    name = call.names["collection"]
    if name == GLOBAL:
        fields = global_fields(catalogue.segments)
        return _described(_dataset(GLOBAL, _GLOBAL_NAME, fields), None, None)
    found = catalogue.collection(name)
    if found is None:
        raise not_found(f'Unknown collection "{name}".')
    return _described(dataset(found), *_dates(found))


def dataset(found: Collection) -> JsonObject:
    """A collection's fields and their groups."""
    return _dataset(found.id.partition(".")[0], found.name, found.fields)


def _described(described: JsonObject, start: str | None, end: str | None) -> Answer:
    metadata: JsonObject = {"date_start": start, "date_end": end, "date_last_modified": end, "config": {}}
    return json_answer({"datasets": [described], "metadata": metadata})


def _dataset(name: str, label: str, fields: Mapping[str, Field]) -> JsonObject:
    return {
        "id": name,
        "name": label,
        "groups": sorted({field.group for field in fields.values()}),
        "fields": [_field(field) for field in fields.values()],
        "multiple": False,
        "suggested_operations": [],
        "category": None,
    }


def _shown(found: Collection, today: str) -> JsonObject:
    start, end = _dates(found)
    shown = {"id": found.id, "name": found.name, "generic_name": found.id.partition(".")[0]}
    if found.daily is None:
        return shown | {"date": end, "timestamped": False}
    return shown | {"date": today, "timestamped": True, "date_start": start, "date_end": end}


def _dates(found: Collection) -> tuple[str | None, str | None]:
    if found.daily:
        return found.daily.start.isoformat(), found.daily.end.isoformat()
    crawled = found.crawl.date.isoformat() if found.crawl else None
    return crawled, crawled


def _field(field: Field) -> JsonObject:
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "subtype": None,
        "kind": field.kind,
        "group": field.group,
        "multiple": field.multiple,
        "permissions": ["select", "filter", "aggregate"],
        "optional": False,
        "aliases": [],
        "settings": [],
        "suggestion": None,
        "meta": {},
        "deprecated": False,
    }
