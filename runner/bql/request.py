"""From an export of a spec to what is asked of the API: query, payload, columns, fingerprint. Pure."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.bql import fields, filters
from runner.bql.fingerprint import fingerprint
from runner.bql.grammar import check_query
from runner.bql.jinja import render_template
from runner.bql.kinds import Kind, kind_of
from runner.errors import UsageError
from runner.files.work import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.bql.depth import DepthChoice
    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.model import Export, HeaderStyle, Period, Project

JOB_TYPE = "export"
# One explicit form for every job: headers and labels are written here, not there (contract 3, Identity).
FORMATTER_CONFIG = {"delimiter": ",", "print_header": True, "print_delimiter": False, "header_format": "slug"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What one export asks of one crawl, before anything is known of its size."""

    project: Project
    export: Export
    analysis: str
    vars: Mapping[str, JsonValue]

    @property
    def kind(self) -> Kind:
        """The kind of data, by the export's template."""
        return kind_of(self.export.template)

    @property
    def collections(self) -> tuple[str, ...]:
        """The collections that the export's paths may belong to."""
        return self.kind.collections(self.analysis)

    @property
    def needs_depth(self) -> bool:
        """Whether the crawl's depth distribution decides what this export takes."""
        return self.kind.crawl and (self.kind.always_depth or self.export.depth is not None)

    def full_id(self, path: str) -> str:
        """The id of a field that the spec names by its path or alias."""
        return fields.qualify(path, self.collections)

    def own_filters(self) -> JsonObject | None:
        """The export's own filters with full ids, without any depth."""
        return filters.with_fields(self.export.filters, self.full_id) if self.export.filters else None

    def periods(self) -> list[list[str]]:
        """The periods as pairs of dates; `last_days` ends on the crawl's date."""
        return [_dates(period, self.analysis) for period in self.export.periods]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to the API, and what identifies it.

    `payload` is the job's payload; `query` is its BQL; `columns` are (full id, display name) in the file's order.
    """

    payload: JsonObject
    columns: tuple[tuple[str, str | None], ...]
    collections: tuple[str, ...]

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
        """The columns of the file: their headers in the style asked for, and every name the API may print."""
        return tuple(self._column(field_id, name, style, verbose) for field_id, name in self.columns)

    def _column(self, field_id: str, name: str | None, style: HeaderStyle, verbose: Mapping[str, str]) -> Column:
        short = fields.slug(field_id, self.collections)
        headers = {"slug": short, "collection_slug": field_id, "verbose": verbose.get(field_id, short), "none": short}
        names = {short, field_id, verbose.get(field_id, short), name or short, short.rpartition(".")[2]}
        return Column(name or headers[style], frozenset(each.casefold() for each in names))


def request(asked: Asked, depth: DepthChoice | None, rows_per_export: int) -> Request:
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
    columns = tuple(_column_of(each) for each in (*inner["dimensions"], *inner["metrics"]))
    return Request(payload, columns, tuple(query["collections"]))


def _rendered_query(asked: Asked, depth: DepthChoice | None) -> JsonObject:
    template = asked.export.template
    text = render_template(template, _template_values(asked, depth))
    try:
        query = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"the template {template} renders no JSON: {error}", "`| tojson` quotes a value") from None
    violations = check_query(query)
    if violations:
        raise UsageError(f"the template {template} renders what BQL does not know: {'; '.join(violations)}")
    return dict(query)


def _template_values(asked: Asked, depth: DepthChoice | None) -> JsonObject:
    own, by_depth = asked.own_filters(), _by_depth(asked, depth)
    dimensions, metrics = _dimensions_and_metrics(asked)
    return {
        "org": asked.project.org,
        "project": asked.project.project,
        "analysis": asked.analysis,
        "comparison": asked.project.comparison,
        "export": asked.export.name,
        "collections": list(asked.collections),
        "collection": asked.collections[0],
        "fields": dimensions,
        "dimensions": dimensions,
        "metrics": metrics,
        "filters": own,
        "depth_filter": by_depth,
        "where": filters.both(by_depth, own),
        "periods": asked.periods(),
        "sort": _sort(asked, dimensions, metrics),
        "vars": asked.vars,
    }


def _by_depth(asked: Asked, depth: DepthChoice | None) -> JsonObject | None:
    if depth is None:
        return None
    own = filters.depth_filter(asked.full_id("depth"), depth.shallowest, depth.deepest)
    if own is None and asked.kind.search_console:
        # Several collections are joined from both sides: without this, pages that only Google knows come along.
        return {"field": asked.full_id("url"), "predicate": "exists"}
    return own


def _dimensions_and_metrics(asked: Asked) -> tuple[list[JsonValue], list[JsonValue]]:
    """Search Console's metrics are named among the fields as readily as its dimensions: each goes where BQL wants it."""
    named = [(field.path, field.name) for field in asked.export.fields]
    named = named or [(path, None) for path in asked.kind.default_fields]
    columns = [(asked.full_id(path), name) for path, name in named]
    measured = [each for each in columns if fields.is_search_console_metric(each[0])]
    dimensions = [_field(*each) for each in columns if each not in measured]
    metrics = [_field(*each) for each in measured] + [_metric(each, asked.full_id) for each in asked.export.metrics]
    return dimensions, metrics or [_metric(each, asked.full_id) for each in asked.kind.default_metrics]


def _field(field_id: str, name: str | None) -> JsonValue:
    return {"field": field_id, "name": name} if name else field_id


def _metric(metric: JsonValue, full_id: Callable[[str], str]) -> JsonValue:
    """A metric with full ids: a path, `{field, name, filters}`, `{function, args}`, or short `{avg: field}`."""
    if isinstance(metric, str):
        return full_id(metric)
    out = {}
    for key, value in metric.items():
        if key == "filters":
            out[key] = filters.with_fields(value, full_id)
        elif key == "args":
            out[key] = [full_id(each) if isinstance(each, str) else each for each in value]
        else:
            out[key] = value if key in {"name", "function"} or not isinstance(value, str) else full_id(value)
    return out


def _sort(asked: Asked, dimensions: list[JsonValue], metrics: list[JsonValue]) -> list[JsonObject]:
    """By index where the key is a column (documented), by field where it is not (seen accepted, SEED)."""
    places = {_column_of(each)[0]: ("dimensions", index) for index, each in enumerate(dimensions)}
    places |= {_column_of(each)[0]: ("metrics", index) for index, each in enumerate(metrics)}
    keys = []
    for key in asked.export.sort:
        field_id = asked.full_id(key.field)
        place = places.get(field_id)
        by = {"type": place[0], "index": place[1]} if place else {"field": field_id}
        keys.append({**by, "order": key.order})
    return keys


def _column_of(column: JsonValue) -> tuple[str, str | None]:
    """A column's (full id, display name); a function is named after itself and its first field."""
    if isinstance(column, str):
        return column, None
    if "field" in column:
        return column["field"], column.get("name")
    if "function" in column:
        named = [each for each in column.get("args", []) if isinstance(each, str)]
        return f"{column['function']}({', '.join(named)})", column.get("name")
    function, argument = next((key, value) for key, value in column.items() if key != "name")
    return f"{function}({argument})", column.get("name")


def _dates(period: Period, analysis: str) -> list[str]:
    if period.last_days is None:
        return [str(period.start), str(period.end)]
    try:
        last = dt.datetime.strptime(analysis[:8], "%Y%m%d").date()  # noqa: DTZ007  a crawl's date has no zone
    except ValueError:
        # A placeholder of `render`: the crawl is not known yet, and neither are its days.
        return [f"<{period.last_days} days before {analysis.strip('<>')}>", f"<date of {analysis.strip('<>')}>"]
    return [str(last - dt.timedelta(days=period.last_days - 1)), str(last)]


def depth_query(asked: Asked) -> JsonObject:
    """The query of the depth distribution, in the form that is known to work (SEED), under the export's own filters."""
    depth = asked.full_id("depth")
    own = asked.own_filters()
    query: JsonObject = {
        "dimensions": [depth],
        "metrics": [_sizing_metric(asked)],
        "sort": [{"field": depth, "order": "asc"}],
    }
    if own:
        query["filters"] = own
    return _sized(asked, query)


def _sizing_metric(asked: Asked) -> JsonObject:
    metric = asked.full_id(asked.kind.sized_by or "count_urls_crawl")
    if metric.endswith(".count_urls_crawl"):
        return {"field": metric}
    return {"function": "sum", "args": [metric]}


def _sized(asked: Asked, query: JsonObject) -> JsonObject:
    """Only the collections that the filters read: a join that nothing needs makes a slow query of a quick one."""
    collections = asked.collections
    reads_search_console = "search_console." in json.dumps(query)
    if not reads_search_console:
        return {"collections": [collections[0]], "query": query}
    return {"collections": list(collections), "periods": asked.periods(), "query": query}
