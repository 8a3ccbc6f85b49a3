"""What is sent to the API for an export: the rendered query, the job's payload, what identifies it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql import fields, filters
from runner.bql.columns import column_name, dimensions_and_metrics, sort_keys
from runner.bql.fingerprint import fingerprint
from runner.bql.grammar import check_query
from runner.bql.jinja import render_template
from runner.bql.partition import Part
from runner.errors import UsageError
from runner.files.work import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.bql.asked import Asked
    from runner.bql.depth import DepthChoice
    from runner.jsonvalue import JsonObject
    from runner.spec.model import HeaderStyle

JOB_TYPE = "export"
# The verbose name of url, the one that every table has (botify-api.md, Formatters).
_OFFICIAL = {"url": "Full URL"}
# One explicit form for every job: headers and labels are written here, not there (contract 3, Identity).
FORMATTER_CONFIG = {"delimiter": ",", "print_header": True, "print_delimiter": False, "header_format": "slug"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to the API, and what identifies it.

    `payload` is the job's; `columns` are (full id, display name) in the file's order.
    """

    payload: JsonObject
    columns: tuple[tuple[str, str | None], ...]

    @property
    def query(self) -> JsonObject:
        """The BQL object: collections, periods where there are any, query."""
        query: JsonObject = self.payload["query"]
        return query

    @property
    def body(self) -> JsonObject:
        """What is posted to create the job."""
        return {"job_type": JOB_TYPE, "payload": self.payload}

    def fingerprint(self, api: str, rows: int | None) -> str:
        """The identity of what is asked for; `rows` decides whether the size truncates."""
        return fingerprint(api, JOB_TYPE, self.payload, rows)

    def file_columns(self, style: HeaderStyle, verbose: Mapping[str, str]) -> tuple[Column, ...]:
        """The file's columns: headers in the style asked for, and every name that the API may print for them."""
        return tuple(self._column(field_id, name, style, verbose) for field_id, name in self.columns)

    def _column(self, field_id: str, name: str | None, style: HeaderStyle, verbose: Mapping[str, str]) -> Column:
        slug = fields.slug(field_id, self.query["collections"])
        official = verbose.get(field_id, slug)
        headers = {"slug": slug, "collection_slug": field_id, "verbose": official, "none": slug}
        names = {_OFFICIAL.get(slug, slug), slug, field_id, official, name or slug, slug.rpartition(".")[2]}
        return Column(name or headers[style], frozenset(each.casefold() for each in names))


def request(asked: Asked, depth: DepthChoice | Part | None, rows_per_export: int) -> Request:
    """Render the export's template for one crawl and wrap it in a job's payload.

    UsageError where the template fails, renders no JSON, or renders what BQL does not know.
    """
    query = _rendered_query(asked, depth)
    payload = {
        "username": asked.project.org,
        "project": asked.project.project,
        "connector": "direct_download",
        "formatter": "csv",
        "formatter_config": FORMATTER_CONFIG,
        "export_size": rows_per_export,
        "query": query,
    }
    inner = query["query"]
    return Request(payload, tuple(column_name(each) for each in (*inner["dimensions"], *inner["metrics"])))


def _rendered_query(asked: Asked, depth: DepthChoice | Part | None) -> JsonObject:
    template = asked.export.template
    text = render_template(template, _template_values(asked, depth))
    try:
        query: JsonObject = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"the template {template} renders no JSON: {error}", "`| tojson` quotes a value") from None
    violations = check_query(query)
    if violations:
        raise UsageError(f"the template {template} renders what BQL does not know: {'; '.join(violations)}")
    return query


def _template_values(asked: Asked, depth: DepthChoice | Part | None) -> JsonObject:
    own, by_depth = asked.own_filters(), _depth_filter(asked, depth)
    dimensions, metrics = dimensions_and_metrics(asked)
    return {
        "org": asked.project.org,
        "project": asked.project.project,
        "analysis": asked.analysis,
        "comparison": asked.project.comparison,
        "export": asked.export.name,
        "collections": list(asked.collections),
        "collection": asked.collections[0],
        "fields": [column_name(each)[0] for each in dimensions],
        "dimensions": dimensions,
        "metrics": metrics,
        "filters": own,
        "depth_filter": by_depth,
        "where": filters.both(by_depth, own),
        "periods": asked.periods(),
        "sort": sort_keys(asked, dimensions, metrics),
        "vars": asked.vars,
    }


def _depth_filter(asked: Asked, depth: DepthChoice | Part | None) -> JsonObject | None:
    if depth is None:
        return None
    if isinstance(depth, Part):
        return depth.filter
    own = filters.depth_filter(asked.full_id("depth"), depth.shallowest, depth.deepest)
    if own is None and asked.kind.search_console:
        # Several collections are joined from both sides: without this, pages that only Google knows come along.
        return {"field": asked.full_id("url"), "predicate": "exists"}
    return own
