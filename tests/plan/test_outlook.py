"""How long a run will take, by what the state file has of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.plan.outlook import Took, history
from runner.run.record import submitted_record
from runner.state.store import State
from tests.accounts import planned, wanted

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("exporting", "downloading", "ended", "known"),
    [(100, 160, 170, [Took(10, 70, 10)]), (100, 160, 90, []), (100, 20, 30, []), (3700, 160, 170, [])],
)
def test_an_export_during_which_the_clock_was_set_back_tells_nothing(
    tmp_path: Path, exporting: float, downloading: float, ended: float, known: list[Took]
) -> None:
    export = wanted(tmp_path)
    with State(tmp_path / "state.db", "api") as state:
        state.exports.put(replace(submitted_record(planned(export), export, "1"), status="done", rows=10))
        with state.moments._database.transaction("test"):
            for phase, began in (("exporting", exporting), ("downloading", downloading), ("ended", ended)):
                state.moments._database.execute(
                    "INSERT OR REPLACE INTO moments VALUES (?, ?, ?)", (export.path, phase, began)
                )
        assert history(state) == known
