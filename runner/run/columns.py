"""What the columns of an export's file are called, and of which types they are, as the API describes its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.bql.kinds import OLDER_EXPORT
from runner.errors import ApiRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.botify.answers import CollectionField
    from runner.botify.client import Botify
    from runner.files.work import Column
    from runner.plan.model import PlannedExport, Wanted


class Columns:
    """The columns of one API's exports. Each collection's fields are asked for once."""

    def __init__(self, api: Botify) -> None:
        self._api = api
        self._known: dict[tuple[str, str, str], tuple[CollectionField, ...]] = {}

    async def of(self, planned: PlannedExport, wanted: Wanted) -> tuple[Column, ...]:
        """The columns of an export's file, with headers in the style that the spec asks for."""
        style = wanted.asked.export.output.header
        fields: Mapping[str, CollectionField] = {}
        if style == "verbose":
            fields = await self._fields(planned, wanted)
        elif wanted.request.job_type == OLDER_EXPORT:
            # Its header cannot be chosen; where the names are not to be had, the number of rows tells of a header.
            fields = await self.described(planned, wanted)
        return wanted.request.file_columns(style, {name: field.name for name, field in fields.items()})

    async def described(self, planned: PlannedExport, wanted: Wanted) -> dict[str, CollectionField]:
        """The fields of an export's collections by their full ids; none where the API does not show them."""
        try:
            return await self._fields(planned, wanted)
        except ApiRefused:
            return {}

    async def _fields(self, planned: PlannedExport, wanted: Wanted) -> dict[str, CollectionField]:
        found: dict[str, CollectionField] = {}
        for collection in wanted.request.collections:
            key = (planned.org, planned.project, collection)
            if key not in self._known:
                self._known[key] = await self._api.fields(*key)
            found.update((f"{collection}.{each.id}", each) for each in self._known[key])
        return found
