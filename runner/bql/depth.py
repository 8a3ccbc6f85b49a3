"""Depth rules over a crawl's depth distribution: how deep an export may go, how many rows that is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from runner.counted import counted
from runner.errors import PlanRefused

if TYPE_CHECKING:
    from runner.spec.model import DepthRule


_NARROWER = "narrow it with `filters`, or a rule for fewer depths"


@dataclass(frozen=True, slots=True)
class DepthDistribution:
    """How many rows each depth has, shallowest first, and how many have no depth at all."""

    counts: tuple[tuple[int, int], ...]
    without_depth: int = 0

    @property
    def total(self) -> int:
        """All rows, those without a depth included."""
        return sum(count for _, count in self.counts) + self.without_depth

    def cumulative(self) -> tuple[tuple[int, int], ...]:
        """For each depth, the rows down to it."""
        return tuple(zip((depth for depth, _ in self.counts), accumulate(n for _, n in self.counts), strict=True))

    def between(self, shallowest: int | None, deepest: int | None) -> int:
        """The rows of a band of depths, both ends included; those without a depth belong to none."""
        return sum(
            count
            for depth, count in self.counts
            if (shallowest is None or depth >= shallowest) and (deepest is None or depth <= deepest)
        )


@dataclass(frozen=True, slots=True)
class DepthChoice:
    """The depths that a rule came to: a band (None leaves an end open), its rows, and the reason in words.

    `deepest` is a marked placeholder, a string, where a payload is rendered before anything is known of the crawl.
    """

    shallowest: int | None
    deepest: int | str | None
    rows: int
    reason: str
    warning: str | None = None

    def __str__(self) -> str:
        if self.deepest is None:
            return "all" if self.shallowest is None else f"{self.shallowest}+"
        return str(self.deepest) if self.shallowest is None else f"{self.shallowest}-{self.deepest}"


def choose(rule: DepthRule, distribution: DepthDistribution, limit: int, *, divisible: bool = True) -> DepthChoice:
    """Apply a rule; PlanRefused, with the counts, where it does not fit into `limit` rows.

    What is not `divisible` is not advised to split.
    """
    try:
        if rule.kind == "max_safe":
            return _max_safe(distribution, limit)
        if rule.kind in {"all", "split"}:
            return _everything(distribution, limit)
        return _band(rule, distribution, limit)
    except PlanRefused as refused:
        if not divisible:
            refused.hint = _NARROWER
        raise


def _max_safe(distribution: DepthDistribution, limit: int) -> DepthChoice:
    cumulative = distribution.cumulative()
    fitting = [(depth, rows) for depth, rows in cumulative if rows <= limit]
    if cumulative and not fitting:
        depth, rows = cumulative[0]
        raise PlanRefused(
            f"not even depth {depth} fits: it has {rows:,} rows, and an export takes {limit:,}",
            "`depth: split` exports it in several jobs",
        )
    deepest, rows = fitting[-1] if fitting else (0, 0)
    if len(fitting) < len(cumulative):
        next_depth, next_rows = cumulative[len(fitting)]
        reason = f"depth {deepest} brings {counted(rows, 'row')}; depth {next_depth} would have brought {next_rows:,}"
    else:
        reason = f"everything fits: {counted(rows, 'row')} down to depth {deepest}" if fitting else "no URL has a depth"
    return DepthChoice(None, deepest, rows, reason, _left_out(distribution))


def _band(rule: DepthRule, distribution: DepthDistribution, limit: int) -> DepthChoice:
    rows = distribution.between(rule.min, rule.max)
    if rows > limit:
        raise PlanRefused(
            f"depth {rule} has {rows:,} rows, and an export takes {limit:,}",
            "a narrower band, `depth: max_safe`, or `depth: split`",
        )
    return DepthChoice(rule.min, rule.max, rows, f"depth {rule} has {counted(rows, 'row')}", _left_out(distribution))


def _everything(distribution: DepthDistribution, limit: int) -> DepthChoice:
    if distribution.total > limit:
        raise PlanRefused(
            f"the whole crawl has {distribution.total:,} rows, and an export takes {limit:,}",
            "`depth: max_safe` takes what fits, `depth: split` takes all of it in several jobs",
        )
    return DepthChoice(None, None, distribution.total, f"the whole crawl: {counted(distribution.total, 'row')}")


def _left_out(distribution: DepthDistribution) -> str | None:
    if not distribution.without_depth:
        return None
    have, are = ("has", "is") if distribution.without_depth == 1 else ("have", "are")
    return f"{counted(distribution.without_depth, 'row')} {have} no depth and {are} left out"
