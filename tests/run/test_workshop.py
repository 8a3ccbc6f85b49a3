"""What finished exports left in the workshop is swept away, and nothing that a run is at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.run.workshop import raw_file, staged_file, sweep
from runner.state.exports import ExportRecord
from runner.state.store import State

if TYPE_CHECKING:
    from pathlib import Path

DONE = ExportRecord(
    "a.csv", "spec", "api", "org", "project", "20250413", "name", None, "f" * 64, "csv slug", status="done", job_id="7"
)


def test_only_what_is_done_and_nobody_is_at_is_swept_away(tmp_path: Path) -> None:
    path = tmp_path / ".bqlrun" / "state.db"
    with State(path, "api") as other, State(path, "api") as mine:
        other.exports.put(DONE)
        left = [raw_file(mine, DONE.fingerprint, "7"), staged_file(mine, DONE.path)]
        for file in left:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"rows")
        other.claims.open()
        other.claims.take(DONE.fingerprint)
        sweep(mine)
        assert [file.exists() for file in left] == [True, True]
        other.claims.close()
        sweep(mine)
        assert [file.exists() for file in left] == [False, False]
