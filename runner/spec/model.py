"""What a spec says, as frozen values: the result of reading and checking, the beginning of everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.problem import Place


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may do. None means that nobody set a limit.

    Pace and budget are this machine's part where several `machines` share the work.
    """

    requests_per_second: float = 5
    rows_per_export: int = 1_000_000
    exports_per_day: int | None = None
    credits_per_day: float | None = None
    jobs: int = 8
    downloads: int = 4
    machines: int = 1


@dataclass(frozen=True, slots=True)
class Account:
    """Where an organisation's token is found, and the limits that hold for it."""

    token_env: str | None
    token_file: str | None
    limits: Limits


# The variable and the file that an account's token is found in.
Payer: TypeAlias = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Api:
    """The API a spec talks to: `url` is a base address or `emulator`; `accounts` are by organisation."""

    url: str = "https://api.botify.com"
    default_account: Account = Account("BOTIFY_API_TOKEN", "botify_token.txt", Limits())
    accounts: Mapping[str, Account] = field(default_factory=dict)

    def account(self, org: str) -> Account:
        """The account that pays for an organisation's exports."""
        return self.accounts.get(org, self.default_account)

    def payer(self, org: str) -> Payer:
        """What tells accounts apart: where the token is found, whatever limits stand beside it."""
        account = self.account(org)
        return account.token_env, account.token_file

    def paying_with(self, org: str) -> Callable[[str], bool]:
        """Which organisations' exports are paid by the same account as those of `org`."""
        payer = self.payer(org)
        return lambda other: self.payer(other) == payer


@dataclass(frozen=True, slots=True)
class Poll:
    """How patiently a job is watched, in seconds."""

    first: float = 2
    max: float = 30
    timeout: float = 7200


Format = Literal["csv", "csv.gz", "parquet"]
HeaderStyle = Literal["slug", "verbose", "collection_slug", "none"]


@dataclass(frozen=True, slots=True)
class Output:
    """Where files go and how they look. `path` is a Jinja template without the suffix."""

    dir: str = "downloads"
    path: str = "{{ org }}/{{ project }}/{{ analysis }}/{{ export }}"
    format: Format = "csv"
    header: HeaderStyle = "slug"
    missing: Literal["fetch", "ignore"] = "fetch"
    current: str | None = None


@dataclass(frozen=True, slots=True)
class AnalysisRule:
    """Which crawls of a project: a choice that the API's list of analyses turns into slugs."""

    kind: Literal["slug", "latest", "previous", "newest", "all", "slugs", "window"]
    slugs: tuple[str, ...] = ()
    count: int = 1
    since: str | None = None
    until: str | None = None

    def __str__(self) -> str:
        if self.slugs:
            return ", ".join(self.slugs)
        if self.kind == "newest":
            return f"latest-{self.count}"
        return f"{self.since or ''}..{self.until or ''}" if self.kind == "window" else self.kind

    @property
    def means_several(self) -> bool:
        """Whether more than one crawl may come of it, only the API knowing which."""
        return self.kind in {"all", "window"} or self.count > 1


@dataclass(frozen=True, slots=True)
class DepthRule:
    """Which depths of a crawl. A band is closed at both ends; None leaves an end open."""

    kind: Literal["max_safe", "band", "all", "split"]
    min: int | None = None
    max: int | None = None

    def __str__(self) -> str:
        if self.kind != "band":
            return self.kind
        return f"{self.min or 0}..{self.max}" if self.max is not None else f"{self.min}.."


@dataclass(frozen=True, slots=True)
class Project:
    """One project to export, and what its own line in the spec says of it.

    `url_analysis` and `comparison` are what the address of an app page carries; `analysis` is what the spec says.
    """

    org: str
    project: str
    place: Place
    analysis: AnalysisRule | None = None
    url_analysis: str | None = None
    comparison: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """Projects that the API is asked for: those of `org` whose slug matches the glob."""

    org: str
    match: str
    place: Place
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A column as the spec asks for it: a path without the crawl's prefix, and a header of one's own."""

    path: str
    place: Place
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """One key to sort by: a field of the export, or any other of its collections."""

    field: str
    order: Literal["asc", "desc"] = "asc"


@dataclass(frozen=True, slots=True)
class Period:
    """Days counted back from the crawl's date, or two dates (YYYY-MM-DD), both included."""

    last_days: int | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One file that is wanted of every project.

    `template` is a built-in's name or an absolute path; `filters` is BQL's own grammar with unprefixed fields;
    `labels` are those that a project must have, all of them.
    """

    name: str
    place: Place
    template: str = "crawl_urls"
    fields: tuple[Field, ...] = ()
    metrics: tuple[JsonValue, ...] = ()
    filters: JsonObject | None = None
    sort: tuple[Sort, ...] = ()
    depth: DepthRule | None = None
    analysis: AnalysisRule | None = None
    labels: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    mode: Literal["export", "list"] = "export"
    combine: str | None = None
    output: Output = Output()


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a project or an export leaves out."""

    analysis: AnalysisRule = AnalysisRule("latest")
    depth: DepthRule = DepthRule("max_safe")
    on_missing: Literal["fail", "skip"] = "fail"


@dataclass(frozen=True, slots=True)
class Spec:
    """One spec file, checked."""

    name: str
    file: str
    api: Api
    poll: Poll
    output: Output
    defaults: Defaults
    limits: Limits
    projects: tuple[Project, ...]
    discoveries: tuple[Discovery, ...]
    exports: tuple[Export, ...]
    vars: JsonObject
