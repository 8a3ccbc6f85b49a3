"""The Botify API as the rest of the program sees it: questions in, typed answers out."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from runner.botify import older
from runner.botify.account import Accounts, Paces
from runner.botify.answers import QueryPage
from runner.botify.exchange import Exchange
from runner.botify.origins import path
from runner.botify.pages import all_items, complete, keyed
from runner.botify.retry import Patience
from runner.botify.shapes import (
    analysis_of,
    fields_of,
    job_id_of,
    job_of,
    listed_project_of,
    page_of,
    row_of,
    username_of,
)
from runner.botify.slugs import newest_first
from runner.botify.wire import Bounds, Request, Wire
from runner.errors import ApiAnswerError, ApiRefused, OutcomeUnknown, TokenRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from runner.botify.answers import Analysis, CollectionField, Job, ListedProject, Row
    from runner.botify.pages import Page
    from runner.botify.retry import Trouble
    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.model import Api

_PAGE = 500


class Botify:
    """One API, asked on behalf of any organisation of a spec; an async context manager.

    `base` comes from `origins.api_base`. Every method raises TokenMissing where the organisation has no token,
    TokenRefused for 401, ApiRefused for another 4xx, ApiUnavailable for trouble that outlived every try, ApiAnswerError
    for an answer that is not what Botify documents. `paces` is shared by clients that may use the same tokens.
    """

    def __init__(
        self,
        base: str,
        api: Api,
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_event: Callable[[Trouble], None] | None = None,
        patience: Patience | None = None,
        bounds: Bounds | None = None,
        paces: Paces | None = None,
    ) -> None:
        limits = bounds or Bounds()
        self._wire = Wire(base, limits)
        accounts = Accounts(api, environ, cwd, paces or Paces())
        self._exchange = Exchange(self._wire, accounts, patience or Patience(), limits, on_event or _nobody)

    async def __aenter__(self) -> Botify:
        await self._wire.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._wire.__aexit__(kind, error, traceback)

    async def profile(self, org: str) -> str:
        """The user that the organisation's token belongs to (PIP: GET /v1/authentication/profile, data.username)."""
        request = Request("GET", path("authentication", "profile"))
        return username_of(await self._exchange.read(org, request), request.route)

    async def analyses(self, org: str, project: str) -> tuple[Analysis, ...]:
        """The project's successful crawls, newest first (SW: GET /v1/analyses/{org}/{project}/light, all pages)."""
        crawls = await self._crawls(org, Request("GET", path("analyses", org, project, "light")))
        return tuple(crawl for crawl in crawls if crawl.status == "success")

    async def every_analysis(self, org: str, project: str) -> tuple[Analysis, ...]:
        """The project's crawls of every status, newest first (SW: `only_success`, which is true where it is absent)."""
        request = Request("GET", path("analyses", org, project, "light"), {"only_success": "false"})
        return await self._crawls(org, request)

    async def projects(self, org: str) -> tuple[ListedProject, ...]:
        """An organisation's projects, by slug (SW: GET /v1/users/{org}/projects, a bare list; else /v1/projects/{org}).

        Not every account may read the first address: where it is refused, but not the token, the second is asked.
        """
        request = Request("GET", path("users", org, "projects"))
        try:
            listed = await self._exchange.read(org, request)
        except TokenRefused:
            raise
        except ApiRefused:
            listed = None
        if not isinstance(listed, list):
            request = Request("GET", path("projects", org))
            listed = await self._listed_projects(org, request)
        found = {each.slug: each for each in (listed_project_of(item, request.route) for item in listed)}
        return tuple(found[slug] for slug in sorted(found))

    async def query(
        self, org: str, project: str, bql: JsonObject, *, page: int = 1, size: int = _PAGE, count: bool = False
    ) -> QueryPage:
        """One page of a BQL query's rows (SW: POST /v1/projects/{org}/{project}/query; at most 2,000 a page, DEV)."""
        request = _query(org, project, bql, count=count)
        found = await self._page(org, request, page, size)
        return QueryPage(tuple(row_of(item, request.route) for item in found.items), found.more, found.count)

    async def query_rows(self, org: str, project: str, bql: JsonObject, *, size: int = _PAGE) -> tuple[Row, ...]:
        """All rows of a query, page by page; raises ApiAnswerError where the API repeats a page for ever."""
        request = _query(org, project, bql, count=False)
        items = await all_items(lambda number: self._page(org, request, number, size))
        return tuple(row_of(item, request.route) for item in items)

    async def fields(self, org: str, project: str, collection: str) -> tuple[CollectionField, ...]:
        """A collection's fields (SW: GET /v1/projects/{org}/{project}/collections/{collection})."""
        request = Request("GET", path("projects", org, project, "collections", collection))
        return fields_of(await self._exchange.read(org, request), request.route)

    async def create_job(self, org: str, body: JsonObject) -> Job:
        """Create a job, and be charged for it: sent once, and again only if not one byte of it had left.

        Raises ApiRefused for a definite no (4xx), ApiThrottled for 429, OutcomeUnknown where the job may exist, and
        ApiUnavailable where the request never left.
        """
        is_older = body["job_type"] == older.OLDER_EXPORT
        request = older.creation(body["payload"]) if is_older else Request("POST", path("jobs"), body=body)
        answer = await self._exchange.create(org, request)
        try:
            if is_older:
                return older.older_job(answer, request, status="CREATED")
            return job_of(answer, request.route, status="CREATED")
        except ApiAnswerError as error:
            raise OutcomeUnknown(error.message, answered=True) from error

    async def job(self, org: str, job_id: str) -> Job:
        """A job as it stands now. Its address is made from its id: `job_url` is never followed."""
        if older.is_older(job_id):
            request = older.address(job_id)
            exports = replace(request, path=request.path.rpartition("/")[0])
            job = older.older_job(await self._exchange.read(org, request), exports)
        else:
            request = Request("GET", path("jobs", job_id))
            job = job_of(await self._exchange.read(org, request), request.route)
        if job.id != job_id:
            raise ApiAnswerError(f"the answer to {request.route} is about job {job.id}")
        return job

    async def listed(
        self, org: str, address: Sequence[str], query: JsonObject, *, page: int = 1, size: int = _PAGE
    ) -> QueryPage:
        """One page of a BQLv1 list, its rows in the order of the query's fields (SW: …/urls; A5: logs/…/urls/…)."""
        found = await self._page(org, Request("POST", path(*address), body=query), page, size)
        rows = tuple(older.listed_row(item, query["fields"]) for item in found.items)
        return QueryPage(rows, found.more, found.count)

    async def jobs(
        self, org: str, project: str, job_type: str = "export", analysis: str | None = None
    ) -> tuple[Job, ...]:
        """Every job of a project that the account shows, in the API's order, each once (SW: GET /v1/jobs).

        With `analysis` those of the older export of that crawl. A listing that cannot be completed raises: absence
        counts only after a complete one.
        """
        if analysis is not None:
            return await self._older_jobs(org, older.exports_of(org, project, analysis))
        request = Request("GET", path("jobs"), {"job_type": job_type, "project": project})
        items = await complete(
            lambda number: self._page(org, request, number, _PAGE), lambda item: job_id_of(item, request.route)
        )
        return tuple(job_of(item, request.route) for item in items)

    async def _older_jobs(self, org: str, request: Request) -> tuple[Job, ...]:
        items = await complete(
            lambda number: self._page(org, request, number, _PAGE), lambda item: job_id_of(item, request.route)
        )
        return tuple(older.older_job(item, request) for item in items)

    async def newest_jobs(self, org: str, size: int) -> tuple[Job, ...]:
        """The first page of the account's jobs, of any project and type: to watch many with one request."""
        request = Request("GET", path("jobs"))
        found = await self._page(org, request, 1, min(size, _PAGE))
        return tuple(job_of(item, request.route) for item in found.items)

    async def idle(self, org: str, patience: float) -> None:
        """Return when no request of the organisation's account waits for its turn, or after `patience` seconds."""
        await self._exchange.idle(org, patience)

    async def count_jobs_since(self, org: str, day: str) -> int:
        """How many jobs of the account, of any project and type, were created on a day (YYYY-MM-DD, UTC) or later."""
        request, counted = Request("GET", path("jobs")), set[str]()
        for number in count(1):
            page = await self._page(org, request, number, _PAGE)
            jobs = [job_of(item, request.route) for item in page.items]
            recent = {job.id for job in jobs if (job.date_created or "") >= day}
            if not page.more or not recent - counted:
                return len(counted | recent)
            counted |= recent
        raise AssertionError("counting does not end by itself")

    async def _crawls(self, org: str, request: Request) -> tuple[Analysis, ...]:
        listing = await keyed(
            lambda number: self._page(org, request, number, _PAGE), lambda item: analysis_of(item, request.route).slug
        )
        return newest_first(analysis_of(item, request.route) for item in listing.items.values())

    async def _listed_projects(self, org: str, request: Request) -> tuple[JsonValue, ...]:
        listing = await keyed(
            lambda number: self._page(org, request, number, _PAGE),
            lambda item: listed_project_of(item, request.route).slug,
        )
        return tuple(listing.items.values())

    async def _page(self, org: str, request: Request, number: int, size: int) -> Page:
        asked = replace(request, query={**request.query, "page": number, "size": size})
        return page_of(await self._exchange.read(org, asked), size, request.route)


def _query(org: str, project: str, bql: JsonObject, *, count: bool) -> Request:
    return Request("POST", path("projects", org, project, "query"), {"count": "true"} if count else {}, bql)


def _nobody(_: Trouble) -> None:
    """Nobody listens."""
