"""What the emulator pretends exists, as frozen values: organisations, projects, crawls, and how the service behaves."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class Crawl:
    """One analysis. `cumulative[d]` counts the URLs at depth d or less; `shift` moves it along the project's URLs.

    `without_depth` URLs were crawled but never placed; `uncrawled` ones were only seen as links (http_code 0).
    """

    slug: str
    cumulative: tuple[int, ...]
    status: str = "success"
    without_depth: int = 0
    uncrawled: int = 0
    shift: int = 0
    hostile: bool = False

    @property
    def placed(self) -> int:
        """URLs that have a depth."""
        return self.cumulative[-1] if self.cumulative else 0

    @property
    def crawled(self) -> int:
        """URLs that were fetched, with a depth or without."""
        return self.placed + self.without_depth

    @property
    def known(self) -> int:
        """Every URL that the crawl has heard of."""
        return self.crawled + self.uncrawled

    @property
    def seed(self) -> int:
        """A small number that is this crawl's own and never changes."""
        return zlib.crc32(self.slug.encode()) % 10_000

    @property
    def order(self) -> tuple[str, int]:
        """The date, and the number after it as a number: 20240101-10 comes after 20240101-2."""
        day, _, suffix = self.slug.partition("-")
        return day, int(suffix) if suffix.isdigit() else 1

    @property
    def date(self) -> date:
        """The day that the slug begins with."""
        return date.fromisoformat(self.order[0])

    @property
    def name(self) -> str:
        """What the app calls it: `2021 Mar. 2nd`, or `2024 Jan. 1st (2)` where it is not the day's first."""
        suffix = self.order[1]
        return f"{self.date:%Y %b}. {_ordinal(self.date.day)}" + (f" ({suffix})" if suffix > 1 else "")

    @property
    def queryable(self) -> bool:
        """Whether its data can be asked for."""
        return self.status == "success"


@dataclass(frozen=True, slots=True)
class Daily:
    """Data by the day, first and last day included."""

    start: date
    end: date
    rows_per_day: int

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True)
class Project:
    """One project with its crawls, oldest first, and what else is connected to it."""

    org: str
    slug: str
    host: str
    crawls: tuple[Crawl, ...] = ()
    search_console: Daily | None = None
    logs: Daily | None = None
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def crawl(self, slug: str) -> Crawl | None:
        """The crawl of that slug, finished or not."""
        return next((crawl for crawl in self.crawls if crawl.slug == slug), None)

    @property
    def keys(self) -> int:
        """How far the project's URLs are numbered."""
        return max((crawl.shift + crawl.known for crawl in self.crawls), default=1_000)


@dataclass(frozen=True, slots=True)
class Limits:
    """The documented limits; None is none."""

    requests_per_second: float | None = None
    exports_per_day: int | None = None
    rows_per_export: int | None = None
    credits_per_day: float | None = None
    jobs: int | None = None
    legacy_exports: int | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Where the facts leave a question open, the answer is a switch."""

    job_seconds: tuple[float, float] = (1.0, 1.0)
    limit_in_query: Literal["refuse", "ignore"] = "refuse"
    download_auth: Literal["accept", "refuse"] = "accept"
    echo: Literal["verbatim", "defaults", "altered", "none"] = "verbatim"
    prologue: Literal["documented", "observed"] = "documented"
    lists: Literal["json", "python", "pipe"] = "json"
    booleans: Literal["lower", "title"] = "lower"
    job_ids: Literal["integer", "string"] = "integer"
    oversize: Literal["refuse", "clamp"] = "refuse"
    page_size_above_maximum: Literal["clamp", "refuse"] = "clamp"
    address_seconds: float | None = None
    address_clock: Literal["job", "look"] = "job"
    crawled_only: bool = True
    bad_query: Literal["fail", "refuse"] = "fail"
    size_omitted: Literal["default", "refuse"] = "default"
    result_keys: Literal["address", "more"] = "address"
    date_finished: Literal["absent", "shown"] = "absent"
    failed_job: Literal["silent", "explained"] = "silent"
    cancel: Literal["refuse", "delete"] = "refuse"
    jobs_kept_seconds: float | None = None
    too_many_jobs: Literal["refuse", "refuse_advanced", "queue"] = "refuse"
    exports_per_day_counts: Literal["all", "older"] = "all"
    error_body: Literal["envelope", "text", "detail"] = "envelope"
    error_code: Literal["string", "integer"] = "string"
    prologue_of_logs: Literal["same", "documented", "observed"] = "same"
    missing_values: Literal["empty", "word"] = "empty"
    quoting: Literal["minimal", "all"] = "minimal"
    line_ends: Literal["lf", "crlf"] = "lf"
    line_breaks_in_values: Literal["kept", "spaces"] = "kept"
    byte_order_mark: bool = False
    empty_result: Literal["header", "nothing"] = "header"
    last_next: Literal["shown", "absent"] = "shown"


@dataclass(frozen=True, slots=True)
class World:
    """Everything that one emulator serves. `tokens` maps a token to the organisations it may see."""

    projects: tuple[Project, ...]
    tokens: Mapping[str, tuple[str, ...]]
    behaviour: Behaviour = Behaviour()
    limits: Limits = Limits()
    faults: tuple[JsonObject, ...] = ()

    def project(self, org: str, slug: str) -> Project | None:
        """The project, or None."""
        return next((p for p in self.projects if (p.org, p.slug) == (org, slug)), None)

    def projects_of(self, org: str) -> Iterator[Project]:
        """An organisation's projects."""
        return (p for p in self.projects if p.org == org)


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"} if number not in (11, 12, 13) else {}
    return f"{number}{endings.get(number % 10, 'th')}"
