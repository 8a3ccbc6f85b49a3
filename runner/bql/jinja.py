"""The one use of Jinja: templates in its sandbox, undefined names are errors, mistakes point at the template's line."""

from __future__ import annotations

import traceback
from collections.abc import Sized
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.bql.templates import template_file
from runner.errors import UsageError
from runner.resources import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2 import Environment
    from jinja2.runtime import Context

# Longer than any query that makes sense; a template that loops is stopped here instead of filling the memory.
LONGEST_TEXT = 4_000_000
# Of a number that is reckoned with: no query holds one of a thousand digits.
_MOST_BITS = 4_096
_PADDING = frozenset({"ljust", "rjust", "center", "zfill", "expandtabs"})
_SUFFIX = ".j2"
_NAMES = "docs/templates.md has the names that a template sees"
_GRAMMAR = "docs/templates.md has an example"


class _Templates(FileSystemLoader):
    """Templates and nothing else: what one includes is called like one, and lies in its folder, not behind a link.

    Whoever may write a template may not read the token's file with it, nor what else lies on the disk.
    """

    def __init__(self, *folders: Path, first: str = "") -> None:
        """`first` is the template that the spec names, which may be called anything."""
        super().__init__(folders)
        self._first = first

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """As Jinja's own; TemplateNotFound for what is no template."""
        if template == self._first:
            return super().get_source(environment, template)
        homes = [Path(folder).resolve() for folder in self.searchpath]
        # Jinja takes the first, so it is the first that must not lead away.
        home = next((each for each in homes if (each / template).is_file()), None)
        is_inside = home is not None and (home / template).resolve().is_relative_to(home)
        if not (is_inside and template.endswith(_SUFFIX)):
            raise TemplateNotFound(template, f"{template} is no template (*{_SUFFIX}) in the folder of {self._first}")
        return super().get_source(environment, template)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which no single product or power fills the memory or takes for ever."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, folder: Path, first: str = "") -> None:
        """Its templates are those of `folder`, `first` among them, and the built-in ones."""
        self.templates = _Templates(folder, TEMPLATES, first=first)
        super().__init__(undefined=StrictUndefined, loader=self.templates, autoescape=False, keep_trailing_newline=True)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as in Jinja
        """What a function gives; OverflowError where it is to pad a text out of all proportion."""
        pads = getattr(obj, "__name__", "") in _PADDING
        if pads and any(isinstance(each, int) and each > LONGEST_TEXT for each in (*args, *kwargs.values())):
            raise OverflowError("a text becomes longer than a template may hold")
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401  as in Jinja
        """What comes of `left * right` and `left ** right`; OverflowError where that is out of all proportion."""
        if _measure(operator, left, right) > 1:
            raise OverflowError(f"{operator} comes to more than a template may hold")
        return super().call_binop(context, operator, left, right)


# One for each template that a spec names, since it keeps what it has compiled.
_sandbox = cache(_Sandbox)


def _measure(operator: str, left: object, right: object) -> float:
    """How large the outcome is, 1 being the most that is let pass."""
    match operator, left, right:
        case "**", int(), int():
            return left.bit_length() * max(right, 0) / _MOST_BITS
        case "*", int(), int():
            return (left.bit_length() + right.bit_length()) / _MOST_BITS
        case "*", Sized(), int():
            return len(left) * right / LONGEST_TEXT
        case "*", int(), Sized():
            return left * len(right) / LONGEST_TEXT
        case _:
            return 0


@cache
def names_read(template: str) -> frozenset[str] | None:
    """The names that a template and those that it includes may read; None where only rendering it tells."""
    path = template_file(template)
    environment = _sandbox(path.parent, path.name)
    read: set[str] = set()
    names: list[str | None] = [path.name]
    try:
        for name in names:
            if name is None:
                return None
            parsed = environment.parse(environment.templates.get_source(environment, name)[0])
            read |= find_undeclared_variables(parsed)
            names += set(find_referenced_templates(parsed)) - set(names)
    except (TemplateError, OSError, UnicodeDecodeError):
        return None
    return frozenset(read)


def render_template(template: str, values: Mapping[str, object]) -> str:
    """The text of a built-in (by name) or of a template file (by path); UsageError names the template's line."""
    path = template_file(template)
    try:
        return _bounded(_sandbox(path.parent, path.name).get_template(path.name), values, str(path), _NAMES)
    except TemplateSyntaxError as error:
        raise UsageError(f"{error.filename or path}:{error.lineno}: {error.message}", _GRAMMAR) from None
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {type(error).__name__}: {error}", "check `template`") from None


def render_text(text: str, values: Mapping[str, object], setting: str) -> str:
    """The text of an inline template, such as an output path; `setting` is the key that holds it."""
    try:
        return _bounded(_inline(text), values, f"`{setting}`", f"it sees {', '.join(values)}")
    except TemplateError as error:
        raise _no_template(text, setting, error) from None


def check_text(text: str, setting: str) -> None:
    """Raise UsageError where an inline template is none, whatever is filled in."""
    try:
        _inline(text)
    except TemplateError as error:
        raise _no_template(text, setting, error) from None


def _no_template(text: str, setting: str, error: TemplateError) -> UsageError:
    message = f"`{setting}`: the template {text!r}: {error.message or type(error).__name__}"
    return UsageError(message, "`{{ name }}` is what a template holds")


def render_page(name: str, values: Mapping[str, object]) -> str:
    """An HTML page from a template of our own: whatever stands in names and errors is text, never markup."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(values)


@cache
def _inline(text: str) -> Template:
    return _sandbox(TEMPLATES).from_string(text)


def _bounded(template: Template, values: Mapping[str, object], name: str, hint: str) -> str:
    try:
        text = "".join(_within_limit(template.generate(values)))
    except TemplateSyntaxError:
        raise
    except Exception as error:  # noqa: BLE001  a template is its author's program: whatever it raises is its mistake
        raise UsageError(f"{_spot(error, name)}: {error}", hint) from None
    return text


def _within_limit(pieces: Iterator[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LONGEST_TEXT:
            raise ValueError(f"renders more than {LONGEST_TEXT:,} characters")
        yield piece


def _spot(error: Exception, name: str) -> str:
    """The template's line where it went wrong: Jinja gives its frames the template's own file name and lines."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    return f"{name}:{lines[-1]}" if lines else name
