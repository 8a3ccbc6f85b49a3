"""Where the schema wants a string, a scalar is what was written: 20250413, 007 and 1:30 stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.schemacheck import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.document import Document

Key = str | int


def take_source_text(document: Document, schema_name: str) -> None:
    """Replace, in place, every number or boolean by its source text where only a string is allowed."""
    whole = schema(schema_name)
    waiting = [(document.data, whole)]
    while waiting:
        container, rules = waiting.pop()
        marks = document.marks.get(id(container), {})
        for key, value, wanted in _members(container, rules, whole):
            if isinstance(value, (dict, list)):
                waiting.append((value, wanted))
            elif isinstance(value, (bool, int, float)) and _only_strings(wanted) and marks[key].text is not None:
                container[key] = marks[key].text


def _members(container: JsonValue, rules: JsonObject, whole: JsonObject) -> Iterator[tuple[Key, JsonValue, JsonObject]]:
    """Each member of a container with the rules that hold for it."""
    if isinstance(container, dict):
        properties, others = rules.get("properties", {}), rules.get("additionalProperties")
        for key, value in list(container.items()):
            found = properties.get(key, others)
            if isinstance(found, dict):
                yield key, value, _resolved(found, whole)
    elif isinstance(container, list) and isinstance(rules.get("items"), dict):
        wanted = _resolved(rules["items"], whole)
        for index, value in enumerate(container):
            yield index, value, wanted


def _resolved(rules: JsonObject, whole: JsonObject) -> JsonObject:
    reference = rules.get("$ref")
    found: JsonObject = whole["$defs"][reference.rpartition("/")[2]] if reference else rules
    return found


def _only_strings(rules: JsonObject) -> bool:
    types = rules.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    return "string" in types and not types & {"number", "integer", "boolean"}
