"""A project's collections and their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.emulator.api.account import token_of
from runner.emulator.api.call import json_answer
from runner.emulator.errors import not_found

if TYPE_CHECKING:
    from runner.emulator.api.call import Answer, Call
    from runner.emulator.catalogue import Collection
    from runner.emulator.data.field import Field
    from runner.emulator.service import Service
    from runner.jsonvalue import JsonObject


def collections(service: Service, call: Call) -> Answer:
    """A bare list, not the envelope of other lists."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    shared = {"id": "global", "name": "URL Scheme and Segmentation", "date": None, "timestamped": False}
    return json_answer([shared, *(_shown(found) for found in catalogue.collections)])


def collection(service: Service, call: Call) -> Answer:
    """One collection with its fields."""
    catalogue = service.project(token_of(call), call.names["org"], call.names["project"])
    found = catalogue.collection(call.names["collection"])
    if found is None:
        raise not_found(f'Unknown collection "{call.names["collection"]}".')
    start, end = _dates(found)
    metadata: JsonObject = {"date_start": start, "date_end": end, "date_last_modified": end, "config": {}}
    return json_answer({"datasets": [dataset(found)], "metadata": metadata})


def dataset(found: Collection) -> JsonObject:
    """A collection's fields and their groups."""
    return {
        "id": found.id.partition(".")[0],
        "name": found.name,
        "groups": sorted({field.group for field in found.fields.values()}),
        "fields": [_field(field) for field in found.fields.values()],
        "multiple": False,
        "suggested_operations": [],
        "category": None,
    }


def _shown(found: Collection) -> JsonObject:
    start, end = _dates(found)
    shown = {"id": found.id, "name": found.name, "generic_name": found.id.partition(".")[0], "date": end}
    if found.daily is None:
        return shown | {"timestamped": False}
    return shown | {"timestamped": True, "date_start": start, "date_end": end}


def _dates(found: Collection) -> tuple[str | None, str | None]:
    if found.daily:
        return found.daily.start.isoformat(), found.daily.end.isoformat()
    slug = found.crawl.slug if found.crawl else ""
    day = f"{slug[:4]}-{slug[4:6]}-{slug[6:8]}"
    return day, day


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
