"""What the API answers, typed: projects, analyses, query pages, collection fields, jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue

# What a job is called until it ends (bootcamp, OLD csv-export.md).
UNDERWAY = frozenset({"CREATED", "PROCESSING"})


@dataclass(frozen=True, slots=True)
class Analysis:
    """One crawl: its slug (YYYYMMDD or YYYYMMDD-N), status, and how many URLs it has where the API says so."""

    slug: str
    status: str
    urls_done: int | None = None
    date_finished: str | None = None


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project as the list of an organisation's projects has it. `active` is False only where the API says so."""

    slug: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a query: values in the order of the query's dimensions and metrics."""

    dimensions: tuple[JsonValue, ...]
    metrics: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One page of a query's rows. `count` is the number of rows in all, where it was asked for and given."""

    rows: tuple[Row, ...]
    more: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class CollectionField:
    """A field as a collection describes it; `multiple` marks lists."""

    id: str
    name: str
    type: str
    kind: str
    multiple: bool


@dataclass(frozen=True, slots=True)
class Job:
    """An export job. `payload` is the API's echo of what was sent (None where it echoes nothing).

    `status` is the API's word: CREATED, PROCESSING, DONE, FAILED, or one that nobody has seen before. `download_url`
    is a secret and only there when the job is done.
    """

    id: str
    status: str
    payload: JsonObject | None
    download_url: str | None = field(repr=False)
    date_created: str | None
