"""A quick yes to what certainly fits a JSON Schema. Where it is not sure, jsonschema decides and says what is wrong.

Loading jsonschema takes longer than validating a spec, and checking a large spec with it longer than reading it. So a
schema is compiled into functions that answer yes or no; a schema with a keyword that is not known here fits nothing.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from runner.jsonvalue import JsonObject, JsonValue

    Check = Callable[[Any], bool]

_SILENT = frozenset("$schema $id $defs title description examples default x-wrong".split())
_PAIRED = frozenset("properties additionalProperties if then else".split())
_CLASSES = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "object": (dict,), "array": (list,),
}  # fmt: skip
_EVERY = (str, int, float, bool, type(None), dict, list)


class _Unsure(Exception):
    """A keyword that is not known here."""


def certain_fit(schema: JsonObject) -> Check:
    """Whether a value is certainly allowed by a schema: a function of the value. False says nothing."""
    try:
        return _Compiler(schema).check(schema)
    except _Unsure:
        return lambda _: False


class _Compiler:
    """One schema's functions; those of `$defs` are made once, also where they refer to themselves."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._named: dict[str, Check] = {}

    def check(self, schema: JsonValue) -> Check:
        """All that a schema demands, as one function."""
        if isinstance(schema, bool):
            return lambda _: schema
        demands: dict[type, list[Check]] = {each: [] for each in _EVERY}
        for classes, check in self._checks(schema):
            for each in classes:
                demands[each].append(check)
        return lambda value: all(demand(value) for demand in demands[value.__class__])

    def _checks(self, schema: JsonObject) -> Iterator[tuple[tuple[type, ...], Check]]:
        """What each keyword demands, and of which classes."""
        for keyword, wanted in schema.items():
            if keyword in _PLAIN:
                yield _PLAIN[keyword][0], _PLAIN[keyword][1](wanted)
            elif keyword in _NESTING:
                yield _NESTING[keyword][0], _NESTING[keyword][1](self, wanted)
            elif keyword not in _SILENT | _PAIRED:
                raise _Unsure(keyword)
        if "properties" in schema or "additionalProperties" in schema:
            yield (dict,), self._properties(schema.get("properties", {}), schema.get("additionalProperties", True))
        if "if" in schema:
            yield _EVERY, self._condition(*(schema.get(branch, True) for branch in ("if", "then", "else")))

    def _properties(self, schemas: JsonObject, others: JsonValue) -> Check:
        known = {name: self.check(each) for name, each in schemas.items()}
        other = self.check(others)
        return lambda value: all(known.get(name, other)(each) for name, each in value.items())

    def _condition(self, *branches: JsonValue) -> Check:
        condition, then, otherwise = map(self.check, branches)
        return lambda value: then(value) if condition(value) else otherwise(value)

    def ref(self, address: str) -> Check:
        """The function of a part of this document, which may still be in the making."""
        if address not in self._named:
            part: Any = self._root
            for step in address.removeprefix("#/").split("/"):
                part = part[step]
            self._named[address] = self._later(address)
            self._named[address] = self.check(part)
        return self._named[address]

    def _later(self, address: str) -> Check:
        def made_by_then(value: JsonValue) -> bool:
            return self._named[address](value)

        return made_by_then

    def refused(self, schema: JsonValue) -> Check:
        """`not`."""
        check = self.check(schema)
        return lambda value: not check(value)

    def exactly_one(self, schemas: list[JsonValue]) -> Check:
        """`oneOf`."""
        checks = [self.check(each) for each in schemas]
        return lambda value: sum(check(value) for check in checks) == 1

    def each(self, schema: JsonValue) -> Check:
        """`items` of a list, `propertyNames` of a mapping."""
        check = self.check(schema)
        return lambda value: all(map(check, value))


def _kinds(names: str | list[str]) -> Check:
    names = [names] if isinstance(names, str) else names
    classes = frozenset(each for name in names for each in _CLASSES[name])
    whole = "integer" in names
    return lambda value: value.__class__ in classes or (whole and value.__class__ is float and value.is_integer())


def _one_of(values: list[JsonValue]) -> Check:
    """One of some words, numbers or constants; Python takes true for 1, JSON does not."""
    if any(isinstance(each, dict | list) for each in values):
        raise _Unsure("enum")
    allowed = frozenset((isinstance(each, bool), each) for each in values)

    def member(value: JsonValue) -> bool:
        return not isinstance(value, dict | list) and (isinstance(value, bool), value) in allowed

    return member


def searcher(pattern: str) -> Callable[[str], object]:
    """What looks for a schema's pattern. Its `$` ends a text; Python's is also the place before a last line break."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern)).search


def _matches(pattern: str) -> Check:
    found = searcher(pattern)
    return lambda value: found(value) is not None


def _required(names: list[str]) -> Check:
    wanted = frozenset(names)
    return lambda value: wanted <= value.keys()


_STRING, _NUMBER, _LIST, _MAPPING = (str,), (int, float), (list,), (dict,)
_PLAIN: dict[str, tuple[tuple[type, ...], Callable[[Any], Check]]] = {
    "type": (_EVERY, _kinds),
    "enum": (_EVERY, _one_of),
    "const": (_EVERY, lambda value: _one_of([value])),
    "pattern": (_STRING, _matches),
    "minLength": (_STRING, lambda least: lambda value: len(value) >= least),
    "maxLength": (_STRING, lambda most: lambda value: len(value) <= most),
    "minimum": (_NUMBER, lambda least: lambda value: value >= least),
    "exclusiveMinimum": (_NUMBER, lambda least: lambda value: value > least),
    "maximum": (_NUMBER, lambda most: lambda value: value <= most),
    "minItems": (_LIST, lambda least: lambda value: len(value) >= least),
    "maxItems": (_LIST, lambda most: lambda value: len(value) <= most),
    "required": (_MAPPING, _required),
    "minProperties": (_MAPPING, lambda least: lambda value: len(value) >= least),
    "maxProperties": (_MAPPING, lambda most: lambda value: len(value) <= most),
}
_NESTING: dict[str, tuple[tuple[type, ...], Callable[[_Compiler, Any], Check]]] = {
    "$ref": (_EVERY, _Compiler.ref),
    "not": (_EVERY, _Compiler.refused),
    "oneOf": (_EVERY, _Compiler.exactly_one),
    "items": (_LIST, _Compiler.each),
    "propertyNames": (_MAPPING, _Compiler.each),
}
