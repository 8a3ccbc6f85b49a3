"""Jobs: what exists at the API and carries an export of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.state.database import Database, Row


_SELECT = "SELECT *, rowid AS number FROM jobs"
Origin = Literal["created", "recovered", "adopted"]


@dataclass(frozen=True, slots=True)
class KnownJob:
    """A job that carries an export of ours.

    `created_at` is when it came to be known here, in UTC. It is never before that of an earlier job of the same export:
    after a clock was set back, the newer job would seem to be the older. `number` counts the jobs known here.
    """

    id: str
    fingerprint: str
    status: str
    origin: Origin
    created_at: str
    download_url: str | None
    number: int


class Jobs:
    """The table `jobs` of one API."""

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
