"""The one use of jsonschema: check a JSON value against one of the project's schemas, every violation at once.

It is loaded when there is something to say: a value that the schema certainly allows needs no words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from runner.resources import SCHEMAS
from runner.schemafit import certain_fit, searcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.jsonvalue import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a value breaks: where in it, which keyword of which rules, and what that keyword wants."""

    path: tuple[str | int, ...]
    keyword: str
    wanted: JsonValue
    value: JsonValue
    message: str
    rules: JsonObject


@cache
def schema(name: str) -> JsonObject:
    """A schema of `schemas/`, by its name without the suffix."""
    loaded: JsonObject = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


@cache
def _accepts(name: str) -> Callable[[JsonValue], bool]:
    return certain_fit(schema(name))


@cache
def _validator(name: str) -> Any:  # noqa: ANN401  jsonschema's classes are made at run time and have no static type
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(_: object, wanted: str, value: JsonValue, __: object) -> Iterator[ValidationError]:
        if isinstance(value, str) and not searcher(wanted)(value):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    # jsonschema gives the function no types.
    return extend(Draft202012Validator, {"pattern": pattern})(schema(name))  # type: ignore[no-untyped-call]


def violations(name: str, value: JsonValue) -> Iterator[Violation]:
    """Everything in `value` that the schema `name` does not allow, in the schema's order."""
    if _accepts(name)(value):
        return
    for error in _validator(name).iter_errors(value):
        yield Violation(
            path=tuple(error.absolute_path),
            keyword=error.validator,
            wanted=error.validator_value,
            value=error.instance,
            message=error.message,
            rules=error.schema,
        )
