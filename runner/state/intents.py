"""Intents: submissions that were decided on, written down before they are sent, for a job may exist because of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.state.clock import in_days, now, today

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.jsonvalue import JsonObject
    from runner.state.database import Database, Row

# How a submission came to no job: the API said no, or a complete listing does not have it.
NoJob = Literal["refused", "absent"]


def _everyone(_org: str) -> bool:
    """Every organisation."""
    return True


@dataclass(frozen=True, slots=True)
class Posting:
    """What is about to be sent, as its job will show it, and the ids of the jobs that cannot be the result.

    It is looked for by these, whatever a spec says by then: names and sizes may change, and the export stays the same.
    `listed` are all jobs that were there before, where it is still unknown how the API shows payloads: any other job
    may then be the result. `blind` where the API was seen not to show payloads as they were sent.
    """

    payload: JsonObject
    known: frozenset[str] = frozenset()
    listed: frozenset[str] | None = None
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """A submission that was decided on."""

    id: int
    fingerprint: str
    posting: Posting


class Intents:
    """The table `intents` of one API. What ends one with a job is the commit that notes the job (`Jobs.record`)."""

    def __init__(self, database: Database, api: str) -> None:
        self._database = database
        self._api = api

    def open_for(self, fingerprint: str) -> Intent | None:
        """The submission of this export whose outcome nobody knows, if there is one."""
        row = self._database.first(
            "SELECT * FROM intents WHERE fingerprint = ? AND api = ? AND outcome IS NULL", (fingerprint, self._api)
        )
        return _intent(row) if row else None

    def add(
        self,
        fingerprint: str,
        place: tuple[str, str],
        posting: Posting,
        cost: float | None,
        guard: Callable[[], None],
    ) -> Intent:
        """Write down, durably, that a job is about to be asked for; `cost` is what it will take, in credits.

        `place` is (org, project). `guard` raises where nothing more may be submitted: it is asked in the same
        transaction, so that two processes cannot both take the last of a budget.
        """
        with self._database.transaction(f"intent {fingerprint[:12]}"):
            guard()
            row = self._database.execute(
                "INSERT INTO intents"
                " (api, org, project, fingerprint, known, listed, payload, blind, credits, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self._api, *place, fingerprint, *_written(posting), cost, now()),
            )
        return Intent(row or 0, fingerprint, posting)

    def settle(self, intent: Intent, outcome: NoJob) -> None:
        """Note that an intent came to no job: refused, or certainly absent."""
        with self._database.transaction(f"intent {intent.fingerprint[:12]} {outcome}"):
            self._database.execute("UPDATE intents SET outcome = ?, listed = NULL WHERE id = ?", (outcome, intent.id))

    def sent_for(self, job_id: str) -> JsonObject | None:
        """What was sent for a job that a submission of ours came to."""
        row = self._database.first(
            "SELECT payload FROM intents WHERE outcome = 'job' AND api = ? AND fingerprint ="
            " (SELECT fingerprint FROM jobs WHERE api = ? AND job_id = ?) ORDER BY id DESC",
            (self._api, self._api, job_id),
        )
        return json.loads(row["payload"]) if row else None

    def unanswered(self) -> int:
        """How many submissions there are, to whatever API, whose outcome nobody knows."""
        row = self._database.first("SELECT count(*) AS open FROM intents WHERE outcome IS NULL")
        return row["open"] if row else 0

    def spent_today(self, pays: Callable[[str], bool] = _everyone) -> tuple[int, float]:
        """Jobs and planned credits of this UTC day, submissions of unknown outcome included.

        `pays` picks the organisations that are counted. An intent dated tomorrow counts for today: the clock was some
        hours ahead then. One dated later is not counted, or it would stop every run until that day. A job counts on the
        day of its intent, for its own date may have been taken from an earlier job (`Jobs.record`).
        """
        rows = self._database.rows(
            "SELECT org, count(*) AS jobs, total(credits) AS credits FROM intents"
            " WHERE api = ? AND created_at >= ? AND created_at < ?"
            " AND (outcome IS NULL OR outcome = 'job') GROUP BY org",
            (self._api, today(), in_days(2)[:10]),
        )
        paid = [row for row in rows if pays(row["org"])]
        return sum(row["jobs"] for row in paid), float(sum(row["credits"] for row in paid))


def _written(posting: Posting) -> tuple[str, str | None, str, int]:
    listed = None if posting.listed is None else json.dumps(sorted(posting.listed))
    return json.dumps(sorted(posting.known)), listed, json.dumps(posting.payload), int(posting.blind)


def _intent(row: Row) -> Intent:
    known, payload = frozenset(json.loads(row["known"])), json.loads(row["payload"])
    listed = None if row["listed"] is None else frozenset(json.loads(row["listed"]))
    return Intent(row["id"], row["fingerprint"], Posting(payload, known, listed, bool(row["blind"])))
