"""Which templates there are: the built-in ones by their names, one's own by their paths."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from runner.resources import TEMPLATES

_SUFFIX = ".json.j2"


@cache
def built_in_templates() -> tuple[str, ...]:
    """The names of the templates that bqlrun brings along."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in TEMPLATES.glob(f"*{_SUFFIX}")))


def template_file(template: str) -> Path:
    """Where a template is: a built-in by its name, one's own by its path."""
    return TEMPLATES / f"{template}{_SUFFIX}" if template in built_in_templates() else Path(template)
