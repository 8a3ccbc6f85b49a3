"""Areas of the older lists and exports: a crawl's own URLs, those that came or went since another, and orphans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from runner.emulator.bql.legacy import crawl_aggregation, crawl_list, logs_list
from runner.emulator.errors import Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.emulator.catalogue import Catalogue
    from runner.jsonvalue import JsonObject, JsonValue

# What the public description of the API lists; the last two have no sample anywhere, so they are not pretended.
AREAS = ("current", "new", "disappeared", "search_engines_orphans", "gsc_keywords", "gsc_keywords_by_country")
# An orphan was crawled by a search engine in this many days before the crawl.
_ORPHAN_DAYS = 30
_ORPHAN_FIELDS = {"search_engines.google.crawls.count": "crawls.google.count"}


@dataclass(frozen=True, slots=True)
class Area:
    """Which URLs are meant: an area's name, the crawl's slug, and the slug of the crawl it is compared with, or ""."""

    name: str
    slug: str
    previous: str = ""

    @property
    def compared(self) -> tuple[str, str]:
        """The crawl that has the URLs of this area, and the one that does not."""
        return (self.slug, self.previous) if self.name == "new" else (self.previous, self.slug)


def area_of(query: Mapping[str, str], catalogue: Catalogue, slug: str) -> Area:
    """The area that a query string asks for; what the project cannot answer is refused."""
    name = query.get("area", "current")
    if name not in AREAS:
        raise Refused(400, 1019)
    if name.startswith("gsc_"):
        raise Refused(400, 1034)
    if name == "search_engines_orphans" and catalogue.project.logs is None:
        raise Refused(400, 1046)
    compared = name in ("new", "disappeared")
    return Area(name, slug, _previous(query.get("previous_crawl", ""), catalogue, slug) if compared else "")


def area_list(body: JsonValue, area: Area) -> JsonObject:
    """A BQLv1 list of an area's URLs as BQLv2. What has disappeared is shown as the previous crawl saw it."""
    if area.name == "current":
        return crawl_list(body, area.slug)
    if area.name == "search_engines_orphans":
        last = date.fromisoformat(area.slug[:8])
        days = (last - timedelta(_ORPHAN_DAYS)).isoformat(), last.isoformat()
        return _only(logs_list(_renamed(body), *days), absent=area.slug)
    shown, absent = area.compared
    return _only(crawl_list(body, shown), absent=absent, present=shown)


def area_aggregation(aggregation: JsonValue, filters: JsonValue, area: Area) -> JsonObject:
    """One aggregation over an area's URLs as BQLv2; orphans are listed, not counted."""
    if area.name == "search_engines_orphans":
        raise Refused(400, 1034)
    if area.name == "current":
        return crawl_aggregation(aggregation, filters, area.slug)
    shown, absent = area.compared
    return _only(crawl_aggregation(aggregation, filters, shown), absent=absent, present=shown)


def _previous(named: str, catalogue: Catalogue, slug: str) -> str:
    """The crawl that is named, or the one before."""
    slugs = [crawl.slug for crawl in catalogue.project.crawls if crawl.queryable]
    if named:
        if named not in slugs:
            raise not_found(code=1004)
        return named
    if slugs.index(slug) == 0:
        raise Refused(400, 1035)
    return slugs[slugs.index(slug) - 1]


def _only(body: JsonObject, *, absent: str, present: str = "") -> JsonObject:
    """The same list without what the one crawl has, and of nothing but what the other has."""
    conditions: list[JsonValue] = [{"not": _has(absent)}, *([_has(present)] if present else [])]
    query: JsonObject = body["query"]
    if query.get("filters"):
        conditions.append(query["filters"])
    return body | {
        "collections": [*body["collections"], f"crawl.{absent}"],
        "query": query | {"filters": {"and": conditions}},
    }


def _has(slug: str) -> JsonObject:
    return {"field": f"crawl.{slug}.url", "predicate": "exists"}


def _renamed(node: JsonValue) -> JsonValue:
    """The same with an orphan's fields named as the logs name them."""
    if isinstance(node, list):
        return [_renamed(part) for part in node]
    if isinstance(node, dict):
        return {_ORPHAN_FIELDS.get(key, key): _renamed(part) for key, part in node.items()}
    return _ORPHAN_FIELDS.get(node, node) if isinstance(node, str) else node
