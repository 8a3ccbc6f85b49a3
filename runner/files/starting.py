"""What `init` writes: a spec that runs, and what belongs around it. Nothing that is there is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import __version__
from runner.errors import UsageError
from runner.resources import SCHEMAS, TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

FIRST_SPEC = "specs/first.yaml"
IGNORED = ".gitignore"
_STARTING = TEMPLATES / "init"
_VERSION = "==VERSION"
FILES = {
    FIRST_SPEC: _STARTING / "first.yaml",
    # Editors find it beside the spec, without a network.
    "schemas/spec.schema.json": SCHEMAS / "spec.schema.json",
    "botify_token.txt": _STARTING / "token.txt",
    IGNORED: _STARTING / "gitignore",
    ".github/workflows/exports.yaml": _STARTING / "exports.yaml",
    ".pre-commit-config.yaml": _STARTING / "pre-commit-config.yaml",
}
PRIVATE = frozenset({"botify_token.txt"})


@dataclass(frozen=True, slots=True)
class Started:
    """What was written, what was there and left alone, and what one's own .gitignore should name besides."""

    folder: Path
    written: tuple[str, ...]
    left: tuple[str, ...]
    unignored: tuple[str, ...]


def start(folder: Path) -> Started:
    """Write what is not there yet. Raises UsageError where the folder cannot be written."""
    written: list[str] = []
    left: list[str] = []
    for name, source in FILES.items():
        text = source.read_text(encoding="utf-8").replace(_VERSION, f"=={__version__}")
        (written if _write(folder / name, text, private=name in PRIVATE) else left).append(name)
    return Started(folder, tuple(written), tuple(left), _unignored(folder))


def _write(path: Path, text: str, *, private: bool) -> bool:
    """Whether the file was written; one that is there, also as a link that leads nowhere, is left alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            if private:
                path.chmod(0o600)
            file.write(text)
    except FileExistsError:
        if path.parent.is_dir():
            return False
        raise UsageError(f"{path.parent} is no folder", "name another: bqlrun init DIR") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "name another: bqlrun init DIR") from None
    return True


def _unignored(folder: Path) -> tuple[str, ...]:
    """The lines that a .gitignore of one's own lacks: a token that is committed is everybody's."""
    wanted = [line for line in _lines(_STARTING / "gitignore") if not line.startswith("#")]
    there = {line.strip("/") for line in _lines(folder / IGNORED)}
    return tuple(line for line in wanted if line.strip("/") not in there)


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]
