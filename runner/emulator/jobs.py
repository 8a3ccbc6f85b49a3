"""The jobs, in an SQLite file: a second emulator on the same folder finds them, and their files."""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.jsonvalue import JsonObject

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, org TEXT NOT NULL, project TEXT NOT NULL,
    analysis TEXT NOT NULL, payload TEXT NOT NULL, user TEXT NOT NULL, created REAL NOT NULL, ready REAL NOT NULL,
    visible REAL NOT NULL, outcome TEXT NOT NULL, secret TEXT NOT NULL, oddities TEXT NOT NULL, credits REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_secret ON jobs (secret);
"""
_INSERT = """
INSERT INTO jobs (
    kind, org, project, analysis, payload, user, created, ready, visible, outcome, secret, oddities, credits
) VALUES (
    :kind, :org, :project, :analysis, :payload, :user, :created, :ready, :visible, :outcome, :secret, :oddities,
    :credits
)
"""
_NUMBERING = "INSERT INTO sqlite_sequence SELECT 'jobs', ? WHERE NOT EXISTS (SELECT * FROM sqlite_sequence)"
_FIRST_ID = 1_000_001
ANY = "%"
Outcome = Literal["DONE", "FAILED", "HANGS"]


@dataclass(frozen=True, slots=True)
class Job:
    """One job. Times are seconds since 1970; `oddities` is how it was told to misbehave; `secret` is in its address."""

    kind: str
    org: str
    project: str
    payload: JsonObject
    user: str
    created: float
    ready: float
    outcome: Outcome = "DONE"
    analysis: str = ""
    visible: float = 0
    credits: float = 0
    oddities: JsonObject = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    id: int = 0

    def status(self, now: float) -> str:
        """CREATED, PROCESSING, then DONE or FAILED, by the clock alone."""
        if now < self.created + (self.ready - self.created) * 0.3:
            return "CREATED"
        if now < self.ready or self.outcome == "HANGS":
            return "PROCESSING"
        return str(self.oddities.get("job_status", self.outcome))


class Jobs:
    """The table of jobs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._transaction() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)
            db.execute(_NUMBERING, (_FIRST_ID - 1,))

    def add(self, job: Job) -> int:
        """Keep a job; returns its id."""
        values = asdict(job) | {"payload": json.dumps(job.payload), "oddities": json.dumps(job.oddities)}
        with self._transaction() as db:
            return int(db.execute(_INSERT, values).lastrowid or 0)

    def get(self, job_id: int, shown: Shown) -> Job | None:
        """The job of that id, if it shows."""
        return self._one(
            "SELECT * FROM jobs WHERE id = ? AND visible <= ? AND created >= ?", (job_id, shown.now, shown.since)
        )

    def delete(self, job_id: int) -> None:
        """Forget a job."""
        with self._transaction() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    def by_secret(self, secret: str) -> Job | None:
        """The job whose file that is."""
        return self._one("SELECT * FROM jobs WHERE secret = ?", (secret,))

    def page(self, wanted: Wanted, size: int, offset: int) -> tuple[int, list[Job]]:
        """How many jobs there are, and some of them, newest first."""
        where, values = wanted.clause()
        with self._transaction() as db:
            count = db.execute("SELECT count(*) FROM jobs WHERE " + where, values).fetchone()[0]  # noqa: S608
            rows = db.execute(
                "SELECT * FROM jobs WHERE " + where + " ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
                (*values, size, offset),
            ).fetchall()
        return count, [_job(row) for row in rows]

    def unfinished(self, orgs: Sequence[str], now: float, kind: str = ANY) -> list[float]:
        """When the jobs of these organisations, perhaps of one kind, that have not ended will; soonest first."""
        unfinished = "(ready > ? OR outcome = 'HANGS')"
        ends = "CASE outcome WHEN 'HANGS' THEN 9e15 ELSE ready END"
        with self._transaction() as db:
            statement = f"SELECT {ends} FROM jobs WHERE {_of(orgs)} AND {unfinished} AND kind LIKE ? ORDER BY 1"  # noqa: S608
            return [float(end) for (end,) in db.execute(statement, (*orgs, now, kind))]

    def spent(self, orgs: Sequence[str], since: float, kind: str = ANY) -> tuple[int, float]:
        """Jobs and credits of these organisations, perhaps of one kind, since a moment."""
        counted = "count(*), coalesce(sum(credits), 0)"
        with self._transaction() as db:
            statement = f"SELECT {counted} FROM jobs WHERE {_of(orgs)} AND created >= ? AND kind LIKE ?"  # noqa: S608
            jobs, credits_ = db.execute(statement, (*orgs, since, kind)).fetchone()
        return int(jobs), float(credits_)

    def _one(self, statement: str, values: tuple[object, ...]) -> Job | None:
        with self._transaction() as db:
            row = db.execute(statement, values).fetchone()
        return _job(row) if row else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as db:
            db.row_factory = sqlite3.Row
            with db:
                yield db


@dataclass(frozen=True, slots=True)
class Shown:
    """Which jobs show: those of before `now`, unless they were told to be late, and not of before `since`."""

    now: float
    since: float = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs a listing asks for; None is any."""

    orgs: tuple[str, ...]
    shown: Shown
    kinds: tuple[str, ...]
    project: str | None = None
    analysis: str | None = None

    def clause(self) -> tuple[str, tuple[object, ...]]:
        """The condition and its values."""
        lists = {"org": self.orgs, "kind": self.kinds}
        texts = [f"{column} IN ({', '.join('?' * len(values))})" for column, values in lists.items()]
        values: list[object] = [value for group in lists.values() for value in group]
        for column, value in (("project", self.project), ("analysis", self.analysis)):
            if value is not None:
                texts.append(f"{column} = ?")
                values.append(value)
        return " AND ".join([*texts, "visible <= ? AND created >= ?"]), (*values, self.shown.now, self.shown.since)


def _of(orgs: Sequence[str]) -> str:
    return f"org IN ({', '.join('?' * len(orgs))})"


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    values |= {name: json.loads(values[name]) for name in ("payload", "oddities")}
    return Job(**values)
