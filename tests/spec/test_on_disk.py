"""Right and wrong specs, found on the disk: each wrong one says what, and where, and all of it at once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.errors import SpecError
from runner.plan.specs import load_rehearsed

if TYPE_CHECKING:
    from collections.abc import Iterable

SPECS = Path(__file__).parent.parent / "specs"
VALID = sorted((SPECS / "valid").glob("*.yaml"))
INVALID = sorted((SPECS / "invalid").glob("*.yaml"))


def names(paths: Iterable[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("path", VALID, ids=names(VALID))
def test_what_is_right_is_taken(path: Path) -> None:
    [spec] = load_rehearsed([path])
    assert spec.projects
    assert spec.exports


@pytest.mark.parametrize("path", INVALID, ids=names(INVALID))
def test_what_is_wrong_is_said_with_its_place(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as raised:
        load_rehearsed([Path(path.name)])
    said = [str(problem).replace(f"{path.name}:", "") for problem in raised.value.problems]
    assert said == path.with_suffix(".expected").read_text(encoding="utf-8").splitlines()


def test_there_are_many_of_both() -> None:
    assert len(VALID) >= 12
    assert len(INVALID) >= 45
    assert {path.stem for path in (SPECS / "invalid").glob("*.expected")} == set(names(INVALID))
