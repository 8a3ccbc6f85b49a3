"""What one export asks of one crawl, before anything is known of its size."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from runner.bql import fields, filters
from runner.bql.kinds import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.jsonvalue import JsonObject, JsonValue
    from runner.spec.model import Export, Period, Project


@dataclass(frozen=True)
class Asked:
    """One export of one project's crawl; `analysis` is a slug, or a placeholder where none is known yet.

    `comparison` is the crawl that it is compared with, where its kind compares.
    """

    project: Project
    export: Export
    analysis: str
    vars: Mapping[str, JsonValue]
    comparison: str | None = None

    @cached_property
    def kind(self) -> Kind:
        """The kind of data, by the export's template."""
        return kind_of(self.export.template)

    @cached_property
    def collections(self) -> tuple[str, ...]:
        """The collections that the export's paths may belong to."""
        return self.kind.collections(self.analysis, self.comparison)

    @property
    def needs_depth(self) -> bool:
        """Whether the crawl's depth distribution decides what this export takes."""
        return self.kind.crawl and (self.kind.always_depth or self.export.depth is not None)

    @property
    def divisible(self) -> bool:
        """Whether several jobs may bring it: the parts of a whole are jobs with queries in BQLv2."""
        return self.kind.crawl and self.export.mode == "export" and not self.kind.older

    def full_id(self, path: str) -> str:
        """The id of a field that the spec names by its path or alias."""
        return fields.qualify(path, self.collections)

    def written(self, path: str) -> str:
        """A field as the export's query names it: BQLv1 asks one collection, and leaves it out."""
        full = self.full_id(path)
        return fields.slug(full, self.collections) if self.kind.older else full

    def own_filters(self) -> JsonObject | None:
        """The export's own filters as its query has them, without any depth."""
        return filters.with_fields(self.export.filters, self.written) if self.export.filters else None

    def sizing_filters(self) -> JsonObject | None:
        """The same with full ids: sizes are asked for in BQLv2, whatever the export is in."""
        return filters.with_fields(self.export.filters, self.full_id) if self.export.filters else None

    def periods(self) -> list[list[str]]:
        """The periods as pairs of dates; `last_days` ends on the crawl's date."""
        return [_dates(period, self.analysis) for period in self.export.periods]


def _dates(period: Period, analysis: str) -> list[str]:
    if period.last_days is None:
        return [str(period.start), str(period.end)]
    try:
        last = dt.datetime.strptime(analysis[:8], "%Y%m%d").date()  # noqa: DTZ007  a crawl's date has no zone
    except ValueError:
        # A placeholder of `render`: the crawl is not known yet, and neither are its days.
        crawl = analysis.strip("<>")
        return [f"<{period.last_days - 1} days before {crawl}>", f"<date of {crawl}>"]
    return [str(last - dt.timedelta(days=period.last_days - 1)), str(last)]


def last_day_of(export: Export) -> str | None:
    """The last day of an export that needs no crawl, written like a crawl's slug: it stands for one in paths.

    None where it does need one: for its data, or to count days back from.
    """
    days = [period.end for period in export.periods if period.end]
    if kind_of(export.template).crawl or not days or len(days) < len(export.periods):
        return None
    return max(days).replace("-", "")
