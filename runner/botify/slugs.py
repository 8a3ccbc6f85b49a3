"""Which crawl is newer: slugs by date and number, not by spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.botify.answers import Analysis

if TYPE_CHECKING:
    from collections.abc import Iterable

_SLUG = re.compile(r"([0-9]{8})(?:-([0-9]{1,9}))?")


def newest_first(analyses: Iterable[Analysis]) -> tuple[Analysis, ...]:
    """20240101-10, 20240101-2, 20240101, …; then slugs of any other form, by when they finished and by their text."""
    return tuple(sorted(analyses, key=_age, reverse=True))


def newest_slugs_first(slugs: Iterable[str]) -> tuple[str, ...]:
    """The same order where nothing but slugs is known."""
    return tuple(each.slug for each in newest_first(Analysis(slug, "success") for slug in slugs))


def _age(analysis: Analysis) -> tuple[bool, str, int, str, str]:
    dated = _SLUG.fullmatch(analysis.slug)
    day, number = dated.groups() if dated else ("", None)
    return dated is not None, day, int(number or 0), analysis.date_finished or "", analysis.slug
