"""What is remembered of crawls: depth distributions, which never change, and the analyses that a run is pinned to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner.state.clock import in_days, now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.jsonvalue import JsonValue
    from runner.state.database import Database

# A run that was broken off keeps its pins this long (contract 3). A clock that was wrong may have dated them ahead.
PINNED_FOR_DAYS = 7

# A query's rows, each its dimensions and then its metrics.
Counts = list[list["JsonValue"]]


class Distributions:
    """The table `distributions`: a finished crawl's counts, by the digest of the query that counted them."""

    def __init__(self, database: Database, api: str) -> None:
        self._database = database
        self._api = api

    def get(self, org: str, project: str, query: str) -> Counts | None:
        """The counts, if they were ever read."""
        row = self._database.first(
            "SELECT counts FROM distributions WHERE api = ? AND org = ? AND project = ? AND query = ?",
            (self._api, org, project, query),
        )
        counts: Counts | None = json.loads(row["counts"]) if row else None
        return counts

    def put(self, org: str, project: str, query: str, counts: Counts) -> None:
        """Remember the counts."""
        with self._database.transaction(f"distribution of {org}/{project}", durable=False):
            self._database.execute(
                "INSERT OR REPLACE INTO distributions VALUES (?, ?, ?, ?, ?)",
                (self._api, org, project, query, json.dumps(counts)),
            )


class Pins:
    """The table `pins`: which analyses `latest` and its kin came to, until the run that asked has ended."""

    def __init__(self, database: Database, api: str) -> None:
        self._database = database
        self._api = api

    def get(self, spec: str, org: str, project: str, rule: str) -> tuple[str, ...] | None:
        """The analyses that an unfinished run is pinned to."""
        row = self._database.first(
            "SELECT analyses FROM pins WHERE spec = ? AND api = ? AND org = ? AND project = ? AND rule = ?"
            " AND pinned_at BETWEEN ? AND ?",
            (spec, self._api, org, project, rule, in_days(-PINNED_FOR_DAYS), in_days(PINNED_FOR_DAYS)),
        )
        return tuple(json.loads(row["analyses"])) if row else None

    def put(self, spec: str, org: str, project: str, rule: str, analyses: Sequence[str]) -> None:
        """Pin a rule to analyses; an older pin of the same rule that still holds keeps its age."""
        with self._database.transaction(f"pin {org}/{project} {rule}"):
            self._database.execute(
                "INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?, ?, ?)",
                (spec, self._api, org, project, rule, json.dumps(list(analyses)), now()),
            )

    def release(self, pins: Iterable[tuple[str, str, str, str]]) -> None:
        """Forget pins, each (spec, org, project, rule): their run has ended."""
        with self._database.transaction("pins released"):
            for spec, org, project, rule in pins:
                self._database.execute(
                    "DELETE FROM pins WHERE spec = ? AND api = ? AND org = ? AND project = ? AND rule = ?",
                    (spec, self._api, org, project, rule),
                )
