"""What a violation of the schema says to a person: what is there, what would be right, and what was perhaps meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.near import near
from runner.spec.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.schemacheck import Violation
    from runner.spec.document import Document

_NOUNS = {
    "string": "text", "object": "a mapping", "array": "a list", "number": "a number", "integer": "a whole number",
    "boolean": "true or false", "null": "nothing",
}  # fmt: skip
_TOKEN_KEYS = frozenset({"token", "api_token", "api_key", "apikey", "password", "secret", "authorization"})
# A token may have been written where it does not belong: such values are never repeated.
NO_TOKENS = (
    "a token has no place in a spec: put it into the environment variable that `token_env` names,"
    " or on the first line of the file that `token_file` names"
)


def problems_of(violation: Violation, document: Document) -> Iterator[Problem]:
    """The problems that one violation comes to; one a key where several are unknown."""
    path = violation.path
    if violation.keyword == "additionalProperties":
        allowed = violation.rules.get("properties", {})
        for key in violation.value:
            if key not in allowed:
                yield Problem(document.place([*path, key], key=True), _unknown_key(key, allowed))
        return
    yield Problem(document.place(path), _words(violation))


def _words(violation: Violation) -> str:
    """The keyword's own wording, else what the schema says itself, else what jsonschema does."""
    if not violation.path and isinstance(violation.value, str):
        # What is given for a spec and is none may be the token's file.
        return "the file must be a mapping, and is text"
    where = _name(violation.path)
    wording = _WORDINGS.get(violation.keyword)
    if wording:
        return f"{where} {wording(violation.wanted, _unless_a_token(violation))}"
    return violation.rules.get("x-wrong") or f"{where}: {violation.message}"


def _unless_a_token(violation: Violation) -> JsonValue:
    """The value, unless it is a text where tokens are put by mistake: the whole of a file, anywhere below `api`."""
    at_risk = violation.path[:1] in {(), ("api",)}
    return "…" if at_risk and isinstance(violation.value, str) else violation.value


def _lacks(wanted: list[str], value: JsonObject) -> str:
    return f"lacks {' and '.join(f'`{key}`' for key in wanted if key not in value)}"


def _not_one_of(wanted: list[str], value: JsonValue) -> str:
    return f"must be one of {', '.join(map(str, wanted))}, and is {shown(value)}{did_you_mean(value, wanted)}"


def _too_few(wanted: int, _: JsonValue) -> str:
    return "must not be empty" if wanted == 1 else f"must have {wanted} members"


def _quoted(wanted: JsonValue, value: JsonValue) -> str:
    """A text that looks like what is wanted is told by its quotes."""
    return f'the text "{value}"' if isinstance(value, str) and value == str(wanted) else shown(value)


_WORDINGS: dict[str, Callable[[Any, Any], str]] = {
    "type": lambda wanted, value: f"must be {_types(wanted)}, and is {shown(value)}",
    "required": _lacks,
    "enum": _not_one_of,
    "const": lambda wanted, value: f"must be {wanted}, and is {_quoted(wanted, value)}",
    "minItems": _too_few,
    "minLength": _too_few,
    "minProperties": _too_few,
    "maxItems": lambda wanted, _: f"must have at most {wanted} members",
    "minimum": lambda wanted, value: f"must be at least {wanted}, and is {value}",
    "maximum": lambda wanted, value: f"must be at most {wanted}, and is {value}",
    "exclusiveMinimum": lambda wanted, value: f"must be more than {wanted}, and is {value}",
}


def _unknown_key(key: str, allowed: Mapping[str, JsonObject]) -> str:
    """A key that is known one level deeper is not misspelt: it stands in the wrong place."""
    if key.lower() in _TOKEN_KEYS:
        return NO_TOKENS
    home = next((name for name, rules in allowed.items() if key in rules.get("properties", ())), None)
    if home:
        return f"unknown key `{key}`; it belongs into `{home}`: `{home}: {{{key}: …}}`"
    known = f"; known are {', '.join(allowed)}"
    return f"unknown key `{key}`{did_you_mean(key, allowed) or known}"


def did_you_mean(word: JsonValue, known: Iterable[JsonValue]) -> str:
    """`; did you mean …?`, or nothing where nothing is near."""
    meant = near(str(word), map(str, known))
    return f"; did you mean `{meant[0]}`?" if meant else ""


def shown(value: JsonValue) -> str:
    """A value for a message: scalars as they are, the rest by its kind."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}…`"


def _types(wanted: str | list[str]) -> str:
    return " or ".join(_NOUNS[each] for each in ([wanted] if isinstance(wanted, str) else wanted))


def _name(path: Sequence[str | int]) -> str:
    """How a node is called: its key, or the list that it is in."""
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return "the file" if not path else "this"
    return f"`{names[-1]}`" if isinstance(path[-1], str) else f"a member of `{names[-1]}`"
