"""One state file made of several: what any of the shards knows to be paid for, all of them know."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import UsageError
from runner.state.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from runner.state.database import Row

# What is known here stays, unless the other file knows how it went on.
_RULES = {
    "jobs": """ON CONFLICT (api, job_id) DO UPDATE SET
  status = CASE WHEN status IN ('DONE', 'FAILED') THEN status ELSE excluded.status END,
  download_url = coalesce(download_url, excluded.download_url)""",
    "exports": """ON CONFLICT (path) DO UPDATE SET {all}
  WHERE (excluded.status = 'done', excluded.updated_at) > (exports.status = 'done', exports.updated_at)""",
    "derived": "ON CONFLICT (path) DO UPDATE SET {all} WHERE excluded.updated_at > derived.updated_at",
    "distributions": "ON CONFLICT DO NOTHING",
    "moments": "ON CONFLICT DO NOTHING",
}
_INTENT = "api, org, project, fingerprint, known, listed, payload, blind, credits, created_at, outcome"
# A submission is the same one wherever it is written down, by what it was for and when.
_SAME_INTENT = "api = ? AND fingerprint = ? AND created_at = ? AND payload = ?"


@dataclass(frozen=True, slots=True)
class Merged:
    """How many jobs and exports another file brought that were not known here."""

    jobs: int
    exports: int


def merge(path: Path, other: Path) -> Merged:
    """Take over what another state file knows, all of it or nothing; a second time changes nothing.

    Raises StateError where either cannot be used, UsageError where they are one file. The other is only read.
    """
    if path.exists() and path.samefile(other):
        raise UsageError(f"{other} is the state file itself", "name those of the other shards")
    with closing(Database(other, reads_only=True)) as source, closing(Database(path)) as target:
        target.same_format(source)
        with target.transaction(f"merge {other.name}"):
            before = _counts(target)
            for table, rule in _RULES.items():
                _copy(source, target, table, rule)
            _copy_intents(source, target)
            jobs, exports = (after - was for after, was in zip(_counts(target), before, strict=True))
        return Merged(jobs, exports)


def _counts(database: Database) -> tuple[int, int]:
    row = database.first("SELECT (SELECT count(*) FROM jobs) AS jobs, (SELECT count(*) FROM exports) AS exports")
    return (row["jobs"], row["exports"]) if row else (0, 0)


def _copy(source: Database, target: Database, table: str, rule: str) -> None:
    """Row by row, in the order in which they were written."""
    for row in source.rows(f"SELECT * FROM {table}"):  # noqa: S608  a table of ours
        replaced = ", ".join(f"{name} = excluded.{name}" for name in row.keys())  # noqa: SIM118  a row iterates values
        target.execute(f"{_insertion(table, row)} {rule.format(all=replaced)}", tuple(row))


def _copy_intents(source: Database, target: Database) -> None:
    """An outcome that either file knows is known; one that neither knows is looked for by the next run."""
    for row in source.rows(f"SELECT {_INTENT} FROM intents"):  # noqa: S608
        same = tuple(row[name] for name in ("api", "fingerprint", "created_at", "payload"))
        if target.first(f"SELECT 1 FROM intents WHERE {_SAME_INTENT}", same) is None:  # noqa: S608
            target.execute(_insertion("intents", row), tuple(row))
        elif row["outcome"] is not None:
            changed = f"UPDATE intents SET outcome = ? WHERE outcome IS NULL AND {_SAME_INTENT}"  # noqa: S608
            target.execute(changed, (row["outcome"], *same))


def _insertion(table: str, row: Row) -> str:
    names = row.keys()
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
