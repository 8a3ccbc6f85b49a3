"""What a template sees: the resolved project, crawl, fields, filters, depth filter, periods and variables. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql import filters
from runner.bql.columns import column_name, dimensions_and_metrics, sort_keys
from runner.bql.partition import Part

if TYPE_CHECKING:
    from runner.bql.asked import Asked
    from runner.bql.depth import DepthChoice
    from runner.jsonvalue import JsonObject, JsonValue


def template_values(asked: Asked, depth: DepthChoice | Part | None) -> JsonObject:
    """The names that a template may use, and what each stands for (docs/templates.md)."""
    own, by_depth = asked.own_filters(), _depth_filter(asked, depth)
    dimensions, metrics = dimensions_and_metrics(asked)
    return {
        "org": asked.project.org,
        "project": asked.project.project,
        "analysis": asked.analysis,
        "comparison": asked.comparison,
        "export": asked.export.name,
        "collections": list(asked.collections),
        "collection": asked.collections[0],
        "fields": [asked.written(column_name(each)[0]) for each in dimensions],
        "dimensions": dimensions,
        "metrics": metrics,
        "filters": own,
        "depth_filter": by_depth,
        "where": filters.both(by_depth, own),
        "periods": asked.periods(),
        "sort": _older_sort(asked) if asked.kind.older else sort_keys(asked, dimensions, metrics),
        "vars": asked.vars,
    }


def _older_sort(asked: Asked) -> list[JsonValue]:
    """BQLv1 sorts by `url`, or `{"http_code": {"order": "desc"}}` (A4, Sort)."""
    return [{asked.written(key.field): {"order": key.order}} for key in asked.export.sort]


def _depth_filter(asked: Asked, depth: DepthChoice | Part | None) -> JsonObject | None:
    if depth is None:
        return None
    if isinstance(depth, Part):
        own = filters.with_fields(depth.filter, asked.written) if depth.filter else None
        return filters.both(own, _of_the_crawl(asked))
    name = asked.written("depth")
    # A filter on the depth keeps only pages that the crawl has; without one, it has to be said.
    return filters.depth_filter(name, depth.shallowest, depth.deepest) or _of_the_crawl(asked)


def _of_the_crawl(asked: Asked) -> JsonObject | None:
    """A join of collections brings the pages of each; this leaves out those that are not in the crawl."""
    if len(asked.collections) < 2:
        return None
    return {"field": asked.full_id("url"), "predicate": "exists"}
