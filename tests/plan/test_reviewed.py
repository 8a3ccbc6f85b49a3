"""What a plan file is trusted with: little, and no more of it is read than a plan has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.errors import UsageError
from runner.plan import reviewed

if TYPE_CHECKING:
    from pathlib import Path


def test_no_more_of_a_file_is_read_than_a_plan_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"format": 0, "command": {}}', encoding="utf-8")
    with pytest.raises(UsageError) as whole:
        reviewed.read_plan(path)
    assert "it is not JSON" not in whole.value.message
    monkeypatch.setattr(reviewed, "_LARGEST", 10)
    with pytest.raises(UsageError, match="it is not JSON"):
        reviewed.read_plan(path)
