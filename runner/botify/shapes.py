"""From JSON to typed answers: what must be there is checked and named, what nobody asked for is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.botify.answers import Analysis, CollectionField, Job, ListedProject, Row
from runner.botify.envelope import readable
from runner.botify.pages import Page
from runner.errors import ApiAnswerError

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue

_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a number"}
_LONGEST_ID = 200


def page_of(body: JsonValue, size: int, route: str) -> Page:
    """The envelope of a list. `next` is only ever looked at, never followed.

    Where there is no `next` at all, a full page means that there may be more.
    """
    listed = _object(body, "it", route)
    items = tuple(_list(listed.get("results"), "results", route))
    full = len(items) >= min(size, _int(listed.get("size")) or size)
    return Page(items, bool(listed["next"]) if "next" in listed else full, _int(listed.get("count")))


def analysis_of(item: JsonValue, route: str) -> Analysis:
    """One crawl of `/light`. Counts come as texts (SW) or as numbers (the official sample): both are taken."""
    found = _object(item, "an analysis", route)
    slug = _name(found.get("slug"), "slug", route)
    status, finished = readable(_text(found.get("status"), "status", route)), found.get("date_finished")
    return Analysis(slug, status, _count(found.get("urls_done")), finished if isinstance(finished, str) else None)


def listed_project_of(item: JsonValue, route: str) -> ListedProject:
    """One of an organisation's projects; what nobody calls inactive is active."""
    found = _object(item, "a project", route)
    return ListedProject(_name(found.get("slug"), "slug", route), found.get("active") is not False)


def row_of(item: JsonValue, route: str) -> Row:
    """One row of a query."""
    found = _object(item, "a row", route)
    return Row(*(tuple(_list(found.get(key), key, route)) for key in ("dimensions", "metrics")))


def fields_of(body: JsonValue, route: str) -> tuple[CollectionField, ...]:
    """The fields of all of a collection's datasets, each id once."""
    fields: dict[str, CollectionField] = {}
    for dataset in _list(_object(body, "it", route).get("datasets"), "datasets", route):
        for item in _list(_object(dataset, "a dataset", route).get("fields"), "fields", route):
            field = _field_of(item, route)
            fields.setdefault(field.id, field)
    return tuple(fields.values())


def username_of(body: JsonValue, route: str) -> str:
    """Who a token belongs to (PIP)."""
    data = _object(_object(body, "it", route).get("data"), "data", route)
    return readable(_text(data.get("username"), "data.username", route))


def job_id_of(item: JsonValue, route: str) -> str:
    """A job's id as a text: SW types it as one, the samples show numbers."""
    value = _object(item, "a job", route).get("job_id")
    number = _int(value)
    return _name(value, "job_id", route) if number is None else str(number)


def job_of(item: JsonValue, route: str, status: str | None = None) -> Job:
    """A job; `status` is what it has where the answer names none. `results` may be null at any time, also when DONE."""
    found = _object(item, "a job", route)
    shown = found.get("job_status")
    state = status if status and shown is None else readable(_text(shown, "job_status", route))
    payload, created = found.get("payload"), found.get("date_created")
    return Job(
        id=job_id_of(found, route),
        status=state,
        payload=payload if isinstance(payload, dict) else None,
        download_url=_address(found.get("results")) if state == "DONE" else None,
        date_created=readable(created) if isinstance(created, str) else None,
    )


def _address(results: JsonValue) -> str | None:
    url = results.get("download_url") if isinstance(results, dict) else None
    return url if isinstance(url, str) and url.strip() and url.isprintable() else None


def _field_of(item: JsonValue, route: str) -> CollectionField:
    found = _object(item, "a field", route)
    name, kind, type_ = (str(found.get(key) or "") for key in ("name", "kind", "type"))
    key = _text(found.get("id"), "id", route)
    return CollectionField(key, name or key, type_, kind, found.get("multiple") is True)


def _object(value: JsonValue, what: str, route: str) -> JsonObject:
    if not isinstance(value, dict):
        raise _unlike(route, what, "an object", value)
    return value


def _list(value: JsonValue, key: str, route: str) -> list[JsonValue]:
    if not isinstance(value, list):
        raise _unlike(route, key, "a list", value)
    return value


def _text(value: JsonValue, key: str, route: str) -> str:
    if not isinstance(value, str) or not value:
        raise _unlike(route, key, "a text", value)
    return value


def _name(value: JsonValue, key: str, route: str) -> str:
    """A text that may become part of a path, here or on disk."""
    text = _text(value, key, route)
    if text in (".", "..") or len(text) > _LONGEST_ID or any(c in "/\\" or not c.isprintable() for c in text):
        raise ApiAnswerError(f"the answer to {route} has a {key} that is no name")
    return text


def _count(value: JsonValue) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    return _int(value)


def _int(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _unlike(route: str, key: str, wanted: str, value: JsonValue) -> ApiAnswerError:
    got = "nothing" if value is None else _KINDS.get(type(value), "something else")
    return ApiAnswerError(f"the answer to {route} is not what Botify documents: {key} is {got}, not {wanted}")
