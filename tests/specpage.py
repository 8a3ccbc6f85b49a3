"""docs/spec.md, from schemas/spec.schema.json: `python -m tests.specpage > docs/spec.md` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = json.loads((Path(__file__).parent.parent / "schemas" / "spec.schema.json").read_text(encoding="utf-8"))
HEAD = """\
# Every key of a spec

Written from [the JSON Schema](../schemas/spec.schema.json), which `bqlrun schema` prints and editors read. A key
that has no default is left out where it is not wanted, unless it is required.
"""
COLUMNS = "| key | type | default | example | what it is |\n|---|---|---|---|---|\n"


def page() -> str:
    """The whole page: a table for the spec itself, and one for each key and shared value that has keys of its own."""
    tables = [_table("A spec", SCHEMA), *_tables("", SCHEMA), *(_shared(name) for name in SCHEMA["$defs"])]
    return HEAD + "".join(f"\n## {table}" for table in tables)


def keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of the schema, by its path, with what is said of it."""
    for name, value in schema.get("properties", {}).items():
        yield f"{path}{name}", whole(value)
        yield from keys(value, f"{path}{name}.")
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            yield from keys(schema[inner], f"{path}")
    for name, value in schema.get("$defs", {}).items():
        yield from keys(value, f"{name}: ")


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A key's schema with what it refers to."""
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] | schema if "$ref" in schema else schema


def _tables(path: str, schema: dict[str, Any]) -> Iterator[str]:
    for name, value in schema.get("properties", {}).items():
        yield from _nested(f"{path}{name}", value)


def _nested(path: str, schema: dict[str, Any]) -> Iterator[str]:
    items, named = schema.get("items"), schema.get("additionalProperties")
    if "properties" in schema:
        yield _table(f"`{path}`", schema)
        yield from _tables(f"{path}.", schema)
    if isinstance(items, dict):
        yield from _nested(f"{path}[]", items)
    if isinstance(named, dict):
        yield from _nested(f"{path}.NAME", named)


def _shared(name: str) -> str:
    schema = SCHEMA["$defs"][name]
    examples = "".join(f"- {_code(each)}\n" for each in schema.get("examples", []))
    table = f"\n{_rows(schema)}" if "properties" in schema else ""
    return f"{name.capitalize()}\n\n{schema['description']}\n\n{examples}{table}"


def _table(title: str, schema: dict[str, Any]) -> str:
    return f"{title}\n\n{schema['description']}\n\n{_rows(schema)}"


def _rows(schema: dict[str, Any]) -> str:
    rows = (_row(name, value, name in schema.get("required", ())) for name, value in schema["properties"].items())
    return COLUMNS + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(name: str, given: dict[str, Any], required: bool) -> tuple[str, ...]:
    schema = whole(given)
    default = "required" if required else _code(schema["default"]) if "default" in schema else ""
    example = _code(example_of(schema)).replace("|", "\\|")
    return f"`{name}`", _type(given), default, example, schema["description"].replace("|", "\\|")


def example_of(schema: dict[str, Any]) -> Any:
    """A value that the key may have: its first example, else a word that it knows; an object's are its keys'."""
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][-1]
    return {name: example_of(whole(value)) for name, value in schema["properties"].items()}


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "enum" in schema:
        return ", ".join(_code(each) for each in schema["enum"])
    if "const" in schema:
        return _code(schema["const"])
    types = schema.get("type", "anything")
    inner = f" of {_type(schema['items'])}" if isinstance(schema.get("items"), dict) and types == "array" else ""
    return (types if isinstance(types, str) else " or ".join(types)) + inner


def _code(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}`"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
