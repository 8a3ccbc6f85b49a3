"""The state file as a whole: opened once, its parts handed to those who need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.state.claims import Claims
from runner.state.crawls import Distributions, Pins
from runner.state.database import Database
from runner.state.derived import Derived
from runner.state.exports import Exports
from runner.state.intents import Intents
from runner.state.jobs import Jobs
from runner.state.moments import Moments
from runner.state.room import room_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


DEFAULT_NAME = "state.db"


class State:
    """A state file and the folders beside it: `work` for parts and raw files, `held` for files nobody accepted."""

    def __init__(self, path: Path, api: str) -> None:
        """Open, or make, the file; `api` is the identity of the API that jobs and crawls belong to."""
        self.path = path
        self.api = api
        room = room_of(path)
        self.work = room / "work" / ("" if path.name == DEFAULT_NAME else path.name)
        self.held = room / "held"
        self._database = Database(path)
        self.moments = Moments(self._database)
        self.exports = Exports(self._database, api, self.moments)
        self.derived = Derived(self._database)
        self.intents = Intents(self._database, api)
        self.jobs = Jobs(self._database, api)
        self.distributions = Distributions(self._database, api)
        self.pins = Pins(self._database, api)
        self.claims = Claims(self._database, room / "runs")

    def jobs_of(self, api: str) -> Jobs:
        """The jobs of another API than the one that this view of the file is about."""
        return Jobs(self._database, api)

    def distributions_of(self, api: str) -> Distributions:
        """The counts of another API's crawls."""
        return Distributions(self._database, api)

    def __enter__(self) -> State:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
