"""What planning needs to know of a project's crawls: read from the API once, remembered where it cannot change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql.request import reads_finished_crawls
from runner.bql.sizing import NUMERIC, TELLING_NUMBERS, WHOLE, addresses_query, depth_query, distribution, measure_query
from runner.errors import ApiAnswerError, ApiRefused
from runner.jsonvalue import digest
from runner.plan.analyses import choose_analyses, choose_comparison
from runner.plan.ask import rows_of
from runner.plan.missing import name_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runner.botify.answers import CollectionField, QueryPage
    from runner.botify.client import Botify
    from runner.bql.asked import Asked
    from runner.bql.depth import DepthDistribution
    from runner.bql.request import Request
    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.model import AnalysisRule, Project
    from runner.state.store import State

# So many addresses show how addresses end.
_SOME = 200


class ProjectCrawls:
    """One project's crawls, for as long as its exports are planned; `known` are some that are known to be there."""

    def __init__(self, api: Botify, state: State, spec: str, project: Project, known: Iterable[str] = ()) -> None:
        self._api = api
        self._state = state
        self._spec = spec
        self._org, self._project = project.org, project.project
        self._slugs: tuple[str, ...] | None = None
        self._known = set(known)
        self._fields: dict[str, Mapping[str, CollectionField] | None] = {}

    async def chosen(self, rule: AnalysisRule) -> tuple[str, ...]:
        """The crawls that a rule comes to, as pinned by an unfinished run, else as the API lists them now."""
        if rule.kind == "slug" and self._is_known(rule.slugs[0]):
            return rule.slugs
        pinned = self._state.pins.get(self._spec, self._org, self._project, str(rule))
        if pinned is not None:
            return pinned
        return choose_analyses(rule, await self._finished())

    async def before(self, slug: str, named: str | None) -> str:
        """The crawl that one is compared with: `named` by the app's address, or the last one before it."""
        pinned = self._state.pins.get(self._spec, self._org, self._project, comparison_rule(slug, named))
        return pinned[0] if pinned else choose_comparison(slug, named, await self._finished())

    async def _finished(self) -> tuple[str, ...]:
        """The finished crawls as the API lists them now, newest first."""
        if self._slugs is None:
            try:
                listed = await self._api.analyses(self._org, self._project)
            except ApiRefused as refused:
                await name_missing(self._api, self._org, self._project, refused)
                raise
            self._slugs = tuple(each.slug for each in listed)
        return self._slugs

    def pin(self, rule: str, slugs: tuple[str, ...]) -> tuple[str, str, str, str]:
        """Hold on to what a rule came to until this run ends; returns the pin."""
        if self._state.pins.get(self._spec, self._org, self._project, rule) is None:
            self._state.pins.put(self._spec, self._org, self._project, rule, slugs)
        return self._spec, self._org, self._project, rule

    async def distribution(self, asked: Asked) -> DepthDistribution:
        """The depth distribution under the export's own filters; a finished crawl's is read once for all time."""
        return distribution([(row[0], row[1]) for row in await self._remembered(depth_query(asked))])

    async def measure(self, asked: Asked, where: JsonObject | None, metrics: Sequence[JsonValue]) -> list[JsonValue]:
        """Metrics over those rows of an export for which `where` holds; a finished crawl's are read once for all time.

        Raises ApiAnswerError where the API does not answer with one row of them.
        """
        rows = await self._remembered(measure_query(asked, where, metrics))
        if len(rows) != 1 or len(rows[0]) != len(metrics):
            raise ApiAnswerError(f"the answer to {len(metrics)} metrics is not one row of them")
        return rows[0]

    async def addresses(self, asked: Asked, where: JsonObject | None) -> list[str]:
        """Some addresses of an export's pages for which `where` holds, the same ones each time."""
        query = addresses_query(asked, where)
        key = digest(["some", query])
        rows = self._state.distributions.get(self._org, self._project, key)
        if rows is None:
            page = await self._api.query(self._org, self._project, query, size=_SOME, count=False)
            rows = [list(row.dimensions) for row in page.rows]
            if reads_finished_crawls(query):
                self._state.distributions.put(self._org, self._project, key, rows)
        return [str(address) for [address] in rows]

    async def numbers(self, asked: Asked) -> dict[str, bool]:
        """Numeric fields that tell pages apart, by their full ids, and whether each holds whole numbers.

        There are none where the API does not show the crawl's fields.
        """
        collection = asked.collections[0]
        fields = await self.fields(collection) or {}
        found = {name: fields[name].type for name in TELLING_NUMBERS if name in fields and not fields[name].multiple}
        return {f"{collection}.{name}": kind in WHOLE for name, kind in found.items() if kind in NUMERIC}

    async def _remembered(self, query: JsonObject) -> list[list[JsonValue]]:
        """All rows of a query, dimensions first; kept for good where they are those of a finished crawl alone."""
        key = digest(query)
        rows = self._state.distributions.get(self._org, self._project, key)
        if rows is None:
            answer = await self._api.query_rows(self._org, self._project, query)
            rows = [[*row.dimensions, *row.metrics] for row in answer]
            if reads_finished_crawls(query):
                self._state.distributions.put(self._org, self._project, key, rows)
        return rows

    async def fields(self, collection: str) -> Mapping[str, CollectionField] | None:
        """A collection's fields by their ids, read once; None where the API does not show them."""
        if collection not in self._fields:
            try:
                found = await self._api.fields(self._org, self._project, collection)
            except (ApiRefused, ApiAnswerError):
                self._fields[collection] = None
            else:
                self._fields[collection] = {each.id: each for each in found}
        return self._fields[collection]

    async def first_row(self, request: Request, *, count: bool = True) -> QueryPage:
        """The first row of what a request asks for, with the number of all of them where the API says it."""
        return await rows_of(self._api, request, count=count)

    async def count(self, request: Request) -> int | None:
        """How many rows a request asks for, None where the API does not say; a finished crawl's are counted once."""
        key = digest(["count", request.query])
        known = self._state.distributions.get(self._org, self._project, key)
        if known is not None:
            return int(known[0][0])
        rows = (await self.first_row(request)).count
        if rows is not None and reads_finished_crawls(request.query):
            self._state.distributions.put(self._org, self._project, key, [[rows]])
        return rows

    def _is_known(self, slug: str) -> bool:
        """Whether a crawl was exported before: then it is there, and needs no looking up."""
        if slug not in self._known and self._state.exports.has_crawl(self._org, self._project, slug):
            self._known.add(slug)
        return slug in self._known


def comparison_rule(slug: str, named: str | None) -> str:
    """The name of the rule that says what a crawl is compared with."""
    return f"{slug} compared with {named or 'the crawl before'}"
