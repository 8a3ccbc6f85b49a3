"""What is written in a file, or the place where it is no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.spec.document import wrong
from runner.spec.problem import Place
from runner.spec.wording import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = frozenset({".yaml", ".yml"})


def read_text(path: Path) -> str:
    """A file's text; SpecError that names the line and column of the byte that is not UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise wrong(Place(str(path)), f"cannot be read: {error.strerror}{_near(path)}") from None
    return text_of(raw, str(path))


def text_of(raw: bytes, file: str) -> str:
    """What the bytes of a file say; SpecError that names the line and column of the one that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = Place(file, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise wrong(place, f"byte 0x{raw[error.start]:02x} is not UTF-8") from None


def _near(path: Path) -> str:
    """What beside a path that is not there was perhaps meant: a spec, or a folder."""
    try:
        beside = [each for each in path.parent.iterdir() if each.suffix in SUFFIXES or each.is_dir()]
    except OSError:
        return ""
    return did_you_mean(path, beside) if not path.exists() else ""
