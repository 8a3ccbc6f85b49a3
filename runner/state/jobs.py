"""Intents and jobs: what may exist at the API because of us, written down before it can."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.state.clock import in_days, now, today

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.jsonvalue import JsonObject
    from runner.state.database import Database, Row


def everyone(_org: str) -> bool:
    """Every organisation."""
    return True


_SELECT = "SELECT *, rowid AS number FROM jobs"
Origin = Literal["created", "recovered", "adopted"]
Outcome = Literal["job", "refused", "absent"]


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


@dataclass(frozen=True, slots=True)
class KnownJob:
    """A job that carries an export of ours.

    `created_at` is when it came to be known here, UTC, and never before another job of the same export: by a clock that
    was set back in between, what was paid for last would seem to be the older. `number` counts what is known here.
    """

    id: str
    fingerprint: str
    status: str
    origin: Origin
    created_at: str
    download_url: str | None
    number: int


class Jobs:
    """The tables `intents` and `jobs` of one API."""

    def __init__(self, database: Database, api: str) -> None:
        self._database = database
        self._api = api
        self._newest = 0
        self._failed: frozenset[str] = frozenset()

    def latest(self, fingerprint: str) -> KnownJob | None:
        """The newest job that carries this export, one that failed only where there is no other."""
        row = self._database.first(
            f"{_SELECT} WHERE fingerprint = ? AND api = ? ORDER BY status = 'FAILED', rowid DESC LIMIT 1",
            (fingerprint, self._api),
        )
        return _job(row) if row else None

    def begin(self) -> None:
        """A run begins: what is on record now is no news to it."""
        self._newest = self.newest()
        rows = self._database.rows("SELECT job_id FROM jobs WHERE api = ? AND status = 'FAILED'", (self._api,))
        self._failed = frozenset(each["job_id"] for each in rows)

    def newest(self) -> int:
        """The number of the job that came to be known last, whatever API it is of; 0 before the first."""
        row = self._database.first("SELECT coalesce(max(rowid), 0) AS newest FROM jobs")
        return row["newest"] if row else 0

    def news(self, fingerprint: str) -> KnownJob | None:
        """The newest job of this export that came to be known, or failed, since the run began; by whichever run."""
        rows = self._database.rows(
            f"{_SELECT} WHERE fingerprint = ? AND api = ? ORDER BY rowid DESC",
            (fingerprint, self._api),
        )
        return next((_job(row) for row in rows if self._is_news(row)), None)

    def _is_news(self, row: Row) -> bool:
        failed = row["status"] == "FAILED" and row["job_id"] not in self._failed
        return failed or row["number"] > self._newest

    def known(self, job_id: str) -> KnownJob | None:
        """What the state file has of a job."""
        row = self._database.first(f"{_SELECT} WHERE job_id = ? AND api = ?", (job_id, self._api))
        return _job(row) if row else None

    def open_intent(self, fingerprint: str) -> Intent | None:
        """The submission of this export whose outcome nobody knows, if there is one."""
        row = self._database.first(
            "SELECT * FROM intents WHERE fingerprint = ? AND api = ? AND outcome IS NULL", (fingerprint, self._api)
        )
        return _intent(row) if row else None

    def intend(
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

    def settle(self, intent: Intent, outcome: Outcome) -> None:
        """Note that an intent came to no job: refused, or certainly absent."""
        with self._database.transaction(f"intent {intent.fingerprint[:12]} {outcome}"):
            self._database.execute("UPDATE intents SET outcome = ?, listed = NULL WHERE id = ?", (outcome, intent.id))

    def record(
        self,
        fingerprint: str,
        job_id: str,
        status: str,
        origin: Origin,
        place: tuple[str, str],
        beside: Callable[[], None] | None = None,
    ) -> None:
        """Note the job that carries an export; in the same commit it ends the export's open intent.

        One that is adopted was there before, and tells nothing of a submission. `place` is (org, project); `beside`
        writes what else belongs in that commit. A job that is known already keeps its origin.
        """
        with self._database.transaction(f"job {job_id} {origin}"):
            created_at = self._not_before(fingerprint)
            self._database.execute(
                "INSERT INTO jobs (api, job_id, org, project, fingerprint, status, origin, credits, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?,"
                "  (SELECT credits FROM intents WHERE fingerprint = ? AND api = ? AND outcome IS NULL), ?)"
                " ON CONFLICT (api, job_id) DO UPDATE SET status = excluded.status",
                (self._api, job_id, *place, fingerprint, status, origin, fingerprint, self._api, created_at),
            )
            if origin != "adopted":
                self._database.execute(
                    "UPDATE intents SET outcome = 'job', listed = NULL"
                    " WHERE fingerprint = ? AND api = ? AND outcome IS NULL",
                    (fingerprint, self._api),
                )
            if beside:
                beside()

    def _not_before(self, fingerprint: str) -> str:
        """This moment, or that of the export's newest job where that lies ahead."""
        row = self._database.first(
            "SELECT max(created_at) AS newest FROM jobs WHERE fingerprint = ? AND api = ?", (fingerprint, self._api)
        )
        return max(now(), (row["newest"] or "") if row else "")

    def update(self, job_id: str, status: str, download_url: str | None) -> None:
        """Note what the API last said of a job: it can be asked again."""
        with self._database.transaction(f"job {job_id} {status}", durable=False):
            self._database.execute(
                "UPDATE jobs SET status = ?, download_url = ? WHERE api = ? AND job_id = ?",
                (status, download_url, self._api, job_id),
            )

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

    def ids_of(self, org: str, project: str) -> frozenset[str]:
        """The jobs of a project that are accounted for: none of them is the result of an open intent."""
        rows = self._database.rows(
            "SELECT job_id FROM jobs WHERE api = ? AND org = ? AND project = ?", (self._api, org, project)
        )
        return frozenset(row["job_id"] for row in rows)

    def credits_of(self, job_ids: Sequence[str]) -> float:
        """What these jobs were to cost; those that were found in the account cost nothing here."""
        found = [
            self._database.first(
                "SELECT credits FROM jobs WHERE api = ? AND job_id = ? AND origin <> 'adopted'", (self._api, job_id)
            )
            for job_id in job_ids
        ]
        return float(sum(row["credits"] or 0.0 for row in found if row))

    def spent_today(self, pays: Callable[[str], bool] = everyone) -> tuple[int, float]:
        """Jobs and planned credits of this UTC day, submissions of unknown outcome included.

        `pays` picks the organisations that are counted. What is dated tomorrow is of today, by a clock that was some
        hours ahead; what is dated later would stop every run until then, and is not counted. A job is of the day of its
        submission: its own date may be that of an earlier one of its export, by a clock that was wrong then.
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


def _job(row: Row) -> KnownJob:
    return KnownJob(
        row["job_id"],
        row["fingerprint"],
        row["status"],
        row["origin"],
        row["created_at"],
        row["download_url"],
        row["number"],
    )
