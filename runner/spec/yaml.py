"""The one use of PyYAML: its event stream, built into plain data with marks, under YAML 1.2's rules for scalars."""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from runner.spec.document import Document, Mark, wrong
from runner.spec.problem import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.jsonvalue import JsonValue

# Deeper than any spec, and shallow enough for every library that recurses over it afterwards.
DEEPEST = 60
# More nodes than a spec of 100,000 projects has; what aliases stand for counts as often as it is used.
MOST_NODES = 5_000_000

_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,20})?(?:[eE][-+]?[0-9]{1,3})?")


def parse(text: str, file: str) -> Document:
    """The document of a file's text; SpecError, with its place, for what no spec may hold."""
    with _without_garbage_collection():
        builder = _Builder(file)
        try:
            for event in yaml.parse(text, Loader=_Parser):
                builder.take(event)
        except yaml.MarkedYAMLError as error:
            raise wrong(_place(file, error.problem_mark), _words(error, text)) from None
        except yaml.reader.ReaderError as error:
            raise wrong(_place_of_offset(file, text, error.position), "a control character has no place here") from None
    return Document(file, builder.root, builder.marks)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Growing a large tree makes the collector walk it again and again, which takes longer than parsing it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Open:
    """A mapping or list that is being built: `key` is the mapping's key that waits for its value."""

    __slots__ = ("anchor", "key", "key_mark", "marks", "nodes", "value")

    def __init__(self, value: JsonValue, marks: dict[str | int, Mark], anchor: str | None) -> None:
        self.value = value
        self.marks = marks
        self.anchor = anchor
        self.key: str | None = None
        self.key_mark = (0, 0)
        self.nodes = 1


class _Builder:
    """Takes events one by one. No recursion: depth is bounded by a number, not by the stack."""

    def __init__(self, file: str) -> None:
        self.root: JsonValue = None
        self.marks: dict[int, dict[str | int, Mark]] = {}
        self._file = file
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[JsonValue, str | None, int]] = {}
        self._nodes = 0

    def take(self, event: Any) -> None:  # noqa: ANN401  PyYAML has no common type for its events
        """The next event of the stream."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin(event, [])
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _document(self, event: Any) -> None:  # noqa: ANN401
        self._documents += 1
        if self._documents > 1:
            raise wrong(_place(self._file, event.start_mark), "a second document begins here; a spec is one document")

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        self._refuse_tag(event)
        text = event.value
        plain = event.implicit[0]
        value = _resolved(text) if plain else text
        if event.anchor:
            self._anchors[event.anchor] = (value, text, 1)
        self._put(value, event, text, 1)

    def _begin(self, event: Any, value: JsonValue) -> None:  # noqa: ANN401
        self._refuse_tag(event)
        if len(self._open) >= DEEPEST:
            raise wrong(_place(self._file, event.start_mark), f"nested more than {DEEPEST} levels deep")
        self._put(value, event, None, 1)
        marks: dict[str | int, Mark] = {}
        self.marks[id(value)] = marks
        self._open.append(_Open(value, marks, event.anchor))
        if event.anchor:
            self._anchors.pop(event.anchor, None)

    def _end(self) -> None:
        ended = self._open.pop()
        if ended.anchor:
            self._anchors[ended.anchor] = (ended.value, None, ended.nodes)
        if self._open:
            self._open[-1].nodes += ended.nodes

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        if any(each.anchor == event.anchor for each in self._open):
            raise wrong(_place(self._file, event.start_mark), f"*{event.anchor} would contain itself")
        if event.anchor not in self._anchors:
            raise wrong(
                _place(self._file, event.start_mark), f"*{event.anchor} stands for nothing: there is no &{event.anchor}"
            )
        value, text, nodes = self._anchors[event.anchor]
        self._put(value, event, text, nodes)

    def _put(self, value: JsonValue, event: Any, text: str | None, nodes: int) -> None:  # noqa: ANN401
        mark = event.start_mark
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise wrong(_place(self._file, mark), f"aliases make this more than {MOST_NODES:,} nodes")
        if not self._open:
            self.root = value
            return
        into = self._open[-1]
        into.nodes += nodes
        if isinstance(into.value, list):
            into.marks[len(into.value)] = Mark(mark.line, mark.column, mark.line, mark.column, text)
            into.value.append(value)
        elif into.key is None:
            self._key(into, mark, text)
        else:
            into.marks[into.key] = Mark(mark.line, mark.column, *into.key_mark, text)
            into.value[into.key] = value
            into.key = None

    def _key(self, into: _Open, mark: Any, text: str | None) -> None:  # noqa: ANN401
        if text is None:
            raise wrong(_place(self._file, mark), "a key is a word, not a list or a mapping")
        if text == "<<":
            raise wrong(_place(self._file, mark), "merge keys (<<) are not part of YAML 1.2: write the values out")
        if text in into.marks:
            first = into.marks[text].key_line + 1
            raise wrong(_place(self._file, mark), f"duplicate key `{text}`: it is in line {first} already")
        into.key, into.key_mark = text, (mark.line, mark.column)

    def _refuse_tag(self, event: Any) -> None:  # noqa: ANN401
        if event.tag not in {None, "!"}:
            raise wrong(_place(self._file, event.start_mark), f"tags such as {event.tag} have no place in a spec")


def _resolved(text: str) -> JsonValue:
    """JSON's numbers and words; everything else is what it looks like (007, no, 1:30, 2025-04-13)."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _place(file: str, mark: Any) -> Place:  # noqa: ANN401
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _place_of_offset(file: str, text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(file, before.count("\n") + 1, offset - before.rfind("\n"))


def _words(error: yaml.MarkedYAMLError, text: str) -> str:
    """libyaml's own words, and what they mostly mean; which character has no place it leaves open."""
    problem = error.problem or "this is not YAML"
    mark = error.problem_mark
    if "tab" in problem or (mark and text[mark.index : mark.index + 1] == "\t"):
        return "a tab: YAML is indented with spaces"
    context = f" {error.context}" if error.context else ""
    return f"{problem}{context}"
