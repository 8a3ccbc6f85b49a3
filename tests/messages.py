"""Every message that bqlrun can end with, read from its own source: wherever an error or a problem is made."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from runner import errors
from runner.errors import BqlrunError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PLACED = "correct the spec at the place that the message begins with"
# A problem in a spec is made with its place before its words.
PROBLEMS = {"Problem", "wrong"}
# Never shown: they stop a thread, or another error is made of them.
INNER = {"Interrupted", "SpecError", "StopRequested", "LinkBroken", "Damaged"}
# Where words come from elsewhere: they are Jinja's, YAML's, the schema's, or of another message of this table.
RELAYED = {
    "runner.botify.client: {message}",
    "runner.botify.exchange: {route} {reason}",
    "runner.bql.jinja: {filename}:{lineno}: {message}",
    "runner.bql.jinja: {path}: {name}: {error}",
    "runner.bql.jinja: {spot}: {error}",
    "runner.cli.address: {message}",
    "runner.cli.options: {meaningless}",
    "runner.plan.check: {join}",
    "runner.plan.specs: {str}",
    "runner.run.budget: {message}",
    "runner.run.lifecycle: {removesuffix}",
    "runner.spec.document: {message}",
    "runner.spec.meaning: {disorder}",
    "runner.spec.meaning: {str}",
    "runner.spec.outputs: {str}",
    "runner.spec.outputs: {…}",
    "runner.spec.projects: `{on_one_line}` in this URL: {name_problem}",
    "runner.spec.projects: `{on_one_line}`: {name_problem}",
    "runner.spec.wording: {get}",
    "runner.spec.wording: {where} {wording}",
    "runner.spec.wording: {where}: {message}",
    "runner.spec.yaml: {problem}{context}",
}


@dataclass(frozen=True, order=True)
class Message:
    """What one place says, `{…}` for what it fills in; `hint` is what to do, empty where nothing is said."""

    module: str
    error: str
    text: str
    hint: str

    @property
    def relayed(self) -> bool:
        """Whether the source has no words of its own here."""
        return not re.sub(r"\{[^}]*\}|\W|in this URL", "", self.text)


def messages() -> list[Message]:
    """All of them, by module. The emulator is a program of its own, and says what Botify says."""
    paths = [path for path in (ROOT / "runner").rglob("*.py") if "emulator" not in path.relative_to(ROOT).parts]
    trees = {".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_bytes()) for path in paths}
    hints = {kind.__name__: kind.hint for kind in vars(errors).values() if _is_error(kind)}
    for module, tree in trees.items():
        for each in ast.walk(tree):
            if isinstance(each, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in hints for b in each.bases):
                hints[each.name] = getattr(import_module(module), each.name).hint
    return sorted({each for module, tree in trees.items() for each in _made(module, tree, hints)})


def _is_error(kind: object) -> bool:
    return inspect.isclass(kind) and issubclass(kind, BqlrunError)


def _made(module: str, tree: ast.Module, hints: dict[str, str]) -> Iterator[Message]:
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        texts = Texts(tree, function)
        for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in PROBLEMS and len(call.args) > 1:
                yield from (Message(module, "SpecError", text, PLACED) for text in texts.of(call.args[1]))
            elif name in hints.keys() - INNER and call.args:
                hint = next((each for node in _hint(call) for each in texts.of(node)), "") or hints[name]
                yield from (_message(module, name, text, hint) for text in texts.of(call.args[0]))


def _message(module: str, error: str, text: str, hint: str) -> Message:
    """Where a list follows the message, what to do stands before the list: after the last semicolon."""
    said, _, listed = text.partition("\n")
    if listed and not hint:
        said, _, hint = said.rpartition("; ")
    return Message(module, error, said, hint)


def _hint(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args[1:2]
    yield from (each.value for each in call.keywords if each.arg == "hint")


@dataclass(frozen=True)
class Texts:
    """What an expression may say, as far as its function and its module tell."""

    tree: ast.Module
    function: ast.AST

    def of(self, node: ast.expr, depth: int = 3) -> list[str]:
        """Every text that it may be, none empty."""
        match node:
            case ast.Constant(str(text)):
                return [text] if text else []
            case ast.JoinedStr(values):
                return ["".join(self._piece(each, depth) for each in values)]
            case ast.IfExp(_, first, second):
                return [*self.of(first, depth), *self.of(second, depth)]
            case ast.BoolOp(ast.Or(), values):
                return [text for each in values for text in self.of(each, depth)]
            case ast.Name(name) if depth:
                return [text for each in self._assigned(name) for text in self.of(each, depth - 1)] or [f"{{{name}}}"]
            case ast.Call(ast.Name(name)) if depth:
                returned = [text for each in self._returned(name) for text in self.of(each, depth - 1)]
                return returned or [f"{{{_word(node)}}}"]
            case _:
                return [f"{{{_word(node)}}}"]

    def _piece(self, node: ast.expr, depth: int) -> str:
        if not isinstance(node, ast.FormattedValue):
            return "".join(self.of(node))
        known = [text for each in self._constants(node.value) for text in self.of(each, depth - 1)]
        return known[0] if known else f"{{{_word(node.value)}}}"

    def _assigned(self, name: str) -> Iterator[ast.expr]:
        """What a name is given in the function, or else in the module."""
        yield from _given(self.function, name) or _given(self.tree, name, whole=False)

    def _constants(self, node: ast.expr) -> list[ast.expr]:
        """What stands for a name of the module inside a text."""
        return _given(self.tree, node.id, whole=False) if isinstance(node, ast.Name) else []

    def _returned(self, name: str) -> Iterator[ast.expr]:
        for each in self.tree.body:
            if isinstance(each, ast.FunctionDef) and each.name == name:
                yield from (inner.value for inner in ast.walk(each) if isinstance(inner, ast.Return) and inner.value)


def _given(scope: ast.AST, name: str, *, whole: bool = True) -> list[ast.expr]:
    """The expressions that a name is assigned in a scope; with `whole`, however deep inside it."""
    nodes = ast.walk(scope) if whole else ast.iter_child_nodes(scope)
    found = []
    for each in nodes:
        if isinstance(each, ast.Assign):
            for target in each.targets:
                found += _matched(target, each.value, name)
    return found


def _matched(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=False)
        return [found for one, other in pairs for found in _matched(one, other, name)]
    return [value] if isinstance(target, ast.Name) and target.id == name else []


def _word(node: ast.expr) -> str:
    """One word for what is filled in."""
    match node:
        case ast.Name(name):
            return name.strip("_").lower()
        case ast.Attribute(_, name):
            return name.strip("_")
        case ast.Call(function):
            return _word(function)
        case ast.BoolOp(_, values):
            return _word(values[0])
        case ast.Subscript(value):
            return _word(value)
        case _:
            return "…"
