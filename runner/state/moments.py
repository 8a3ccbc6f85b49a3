"""When each phase of an export's life began. Reports draw their timeline from it; no run depends on it."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runner.state.database import Database

Phase = Literal["waiting", "exporting", "downloading", "checking", "ended"]


class Moments:
    """The table `moments`. What is noted is kept with the next commit about its export: it costs none of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: defaultdict[str, dict[Phase, float]] = defaultdict(dict)

    def note(self, path: str, phase: Phase, seconds_ago: float = 0.0) -> None:
        """A phase of an export begins, or began a while ago."""
        self._noted[path].setdefault(phase, time.time() - seconds_ago)

    def keep(self, path: str) -> None:
        """Write what was noted, inside the caller's transaction. A life that begins anew replaces the one before."""
        noted = self._noted.pop(path, {})
        if "waiting" in noted:
            self.drop(path)
        for phase, began_at in noted.items():
            self._database.execute("INSERT OR IGNORE INTO moments VALUES (?, ?, ?)", (path, phase, began_at))

    def drop(self, path: str) -> None:
        """Forget an export's phases, inside the caller's transaction."""
        self._database.execute("DELETE FROM moments WHERE path = ?", (path,))

    def all(self) -> dict[str, dict[Phase, float]]:
        """Every export's phases by its path, with the moment that each began, in seconds since 1970."""
        found: defaultdict[str, dict[Phase, float]] = defaultdict(dict)
        for row in self._database.rows("SELECT path, phase, began_at FROM moments ORDER BY began_at"):
            found[row["path"]][row["phase"]] = row["began_at"]
        return dict(found)
