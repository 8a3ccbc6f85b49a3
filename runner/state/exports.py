"""What became of every export, by the path of its file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from runner.state.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runner.state.database import Database, Row
    from runner.state.moments import Moments, Phase

# What stands in the place of a path where a run refused an export; a file's path ends with its format.
REFUSED = " (refused)"
Status = Literal["pending", "submitted", "downloading", "done", "failed"]


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """One export as the state file knows it. `path` is relative to the current folder and identifies the row.

    What was refused before its file had a path is there until the next run of its spec looks at it again.
    """

    path: str
    spec: str
    api: str
    org: str
    project: str
    analysis: str
    export: str
    partition: str | None
    fingerprint: str
    style: str
    status: Status = "pending"
    planned_rows: int | None = None
    job_id: str | None = None
    rows: int | None = None
    bytes: int | None = None
    sha256: str | None = None
    mark: int | None = None
    held: str | None = None
    provisional: int | None = None
    error: str | None = None
    cleaned_at: str | None = None
    depth: str | None = None
    counted: str | None = None
    terms: str | None = None
    warning: str | None = None

    @property
    def file(self) -> str | None:
        """Where its file is, or is to be; None for what was refused."""
        return None if self.path.endswith(REFUSED) else self.path

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The jobs that the file came from: `job_id` names those of a whole one after the other, with commas."""
        return tuple(self.job_id.split(",")) if self.job_id else ()


COLUMNS = tuple(field.name for field in fields(ExportRecord))
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM exports"  # noqa: S608  names of ours
# The phase that begins when an export comes to a status.
BEGUN: dict[Status, Phase] = {
    "submitted": "exporting",
    "downloading": "downloading",
    "done": "ended",
    "failed": "ended",
}
BY_NAME = "org, project, analysis, export, partition"
ENDED: frozenset[Status] = frozenset({"done", "failed"})
_SAME = "fingerprint = exports.fingerprint AND api = exports.api"
_SETTLED = f"""org = ? AND project = ? AND spec = ? AND api = ?
AND status = 'done' AND terms IS NOT NULL AND partition IS NULL
AND NOT EXISTS (SELECT 1 FROM jobs WHERE {_SAME} AND job_id IS NOT exports.job_id AND status <> 'FAILED')
AND NOT EXISTS (SELECT 1 FROM intents WHERE {_SAME} AND outcome IS NULL)"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Total:
    """How many exports, and what their files hold together."""

    exports: int = 0
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which exports are asked for: of a spec, of a status, and by a rule over organisation, project and export."""

    spec: str | None = None
    status: Status | None = None
    meant: Callable[[str, str, str], bool] | None = None

    def sql(self, database: Database) -> tuple[str, tuple[str, ...]]:
        """The condition, and the values for its marks; only files of exports, never the parts of one."""
        conditions = {"spec = ?": self.spec, "status = ?": self.status}
        asked = {text: value for text, value in conditions.items() if value is not None}
        if self.meant:
            database.function("meant", 3, self.meant)
        by_rule = ["meant(org, project, export)"] if self.meant else []
        return " AND ".join(["partition IS NULL", *asked, *by_rule]), tuple(asked.values())


class Exports:
    """The table `exports`."""

    def __init__(self, database: Database, api: str, moments: Moments) -> None:
        self._database = database
        self._api = api
        self._moments = moments

    def at(self, path: str) -> ExportRecord | None:
        """The export whose file is (to be) at this path."""
        row = self._database.first(f"{_SELECT} WHERE path = ?", (path,))
        return _record(row) if row else None

    def all(self) -> Iterator[ExportRecord]:
        """Every export, in the order of organisation, project, analysis and name."""
        return map(_record, self._database.rows(f"{_SELECT} ORDER BY {BY_NAME}"))

    def totals(self, wanted: Filter) -> dict[Status, Total]:
        """How many exports there are in each status, the parts of a whole aside."""
        condition, values = wanted.sql(self._database)
        sums = "count(*) AS exports, sum(rows) AS rows, sum(bytes) AS bytes"
        rows = self._database.rows(f"SELECT status, {sums} FROM exports WHERE {condition} GROUP BY status", values)  # noqa: S608
        return {row["status"]: Total(row["exports"], row["rows"] or 0, row["bytes"] or 0) for row in rows}

    def chosen(self, wanted: Filter, most: int | None = None, urgent: Sequence[Status] = ()) -> list[ExportRecord]:
        """Exports, the parts of a whole aside; `most` of them, those of an `urgent` status before all others."""
        condition, values = wanted.sql(self._database)
        first = " ".join(f"WHEN '{status}' THEN {place}" for place, status in enumerate(urgent))
        order = f"CASE status {first} ELSE {len(urgent)} END, {BY_NAME}" if urgent else BY_NAME
        rows = self._database.rows(
            f"{_SELECT} WHERE {condition} ORDER BY {order} LIMIT ?",
            (*values, -1 if most is None else most),
        )
        return [_record(row) for row in rows]

    def names(self) -> list[tuple[str, str, str, str]]:
        """Every organisation, project, export and spec that exports are known by."""
        rows = self._database.rows("SELECT DISTINCT org, project, export, spec FROM exports")
        return [(row["org"], row["project"], row["export"], row["spec"]) for row in rows]

    def has_crawl(self, org: str, project: str, analysis: str) -> bool:
        """Whether a file of this crawl was ever finished here."""
        found = self._database.first(
            "SELECT 1 FROM exports WHERE org = ? AND project = ? AND analysis = ? AND status = 'done'"
            " AND api = ? LIMIT 1",
            (org, project, analysis, self._api),
        )
        return found is not None

    def settled(self, spec: str, org: str, project: str) -> list[ExportRecord]:
        """Exports of a project that are done under known terms, by the only job of each that did not fail."""
        rows = self._database.rows(f"{_SELECT} WHERE {_SETTLED}", (org, project, spec, self._api))
        return [_record(row) for row in rows]

    def agree(self, path: str, terms: str, warning: str | None) -> None:
        """Note that a finished export is what a spec with these terms asks for: it need not be planned again."""
        with self._database.transaction(f"terms of {path}", durable=False):
            self._database.execute(
                "UPDATE exports SET terms = ?, warning = ? WHERE path = ? AND status = 'done'", (terms, warning, path)
            )

    def in_flight(self, most: int) -> list[ExportRecord]:
        """Exports whose job was submitted and whose file is not in place."""
        rows = self._database.rows(
            f"{_SELECT} WHERE status IN ('submitted', 'downloading') ORDER BY path LIMIT ?", (most,)
        )
        return [_record(row) for row in rows]

    def refused(self, spec: str) -> list[ExportRecord]:
        """What runs of a spec refused."""
        rows = self._database.rows(
            f"{_SELECT} WHERE status = 'failed' AND spec = ? AND api = ? AND path LIKE ?",
            (spec, self._api, f"%{REFUSED}"),
        )
        return [_record(row) for row in rows]

    def drop_parts(self, folder: str) -> None:
        """Forget the parts in a folder: the whole that they were for is in place. Their jobs stay known."""
        with self._database.transaction(f"parts in {folder}"):
            # "0" comes right after "/": every path in the folder, and no other.
            inside = (f"{folder}/", f"{folder}0")
            self._database.execute("DELETE FROM moments WHERE path >= ? AND path < ?", inside)
            self._database.execute("DELETE FROM exports WHERE partition IS NOT NULL AND path >= ? AND path < ?", inside)

    def forget(self, path: str) -> None:
        """Know nothing more of the export at a path. Its job stays known."""
        with self._database.transaction(f"forget {path}"):
            self._moments.drop(path)
            self._database.execute("DELETE FROM exports WHERE path = ?", (path,))

    def put(self, record: ExportRecord) -> None:
        """Write what is now known of an export. Only its end must be durable: before that, its job is on record."""
        durable = record.status in ENDED
        with self._database.transaction(f"export {record.path} {record.status}", durable=durable):
            self.write(record)

    def write(self, record: ExportRecord) -> None:
        """The same inside the caller's transaction."""
        names = ", ".join((*COLUMNS, "updated_at"))
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        values = (*(getattr(record, name) for name in COLUMNS), now())
        if record.status in BEGUN:
            self._moments.note(record.path, BEGUN[record.status])
        self._moments.keep(record.path)
        self._database.execute(f"INSERT OR REPLACE INTO exports ({names}) VALUES ({marks})", values)  # noqa: S608


def _record(row: Row) -> ExportRecord:
    return ExportRecord(*row)
