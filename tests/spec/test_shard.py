"""Shards: every export is on exactly one, and what they may do adds up to what the account may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import UsageError
from runner.spec.model import Account, Api, Defaults, Export, Limits, Output, Poll, Project, Spec
from runner.spec.problem import Place
from runner.spec.shard import ALONE, Shard, shard_of

HERE = Place("spec.yaml", 3, 5)
NAMES = st.text("ab-./é", min_size=1, max_size=8)
OF = st.integers(1, 9)


def spec(name: str = "agency", limits: Limits | None = None, api: Api | None = None) -> Spec:
    limits, api = limits or Limits(), api or Api()
    return Spec(name, "spec.yaml", api, Poll(), Output(), Defaults(), limits, (), (), (), {})


def shards(of: int) -> list[Shard]:
    return [Shard(number, of) for number in range(1, of + 1)]


@given(NAMES, NAMES, NAMES, OF)
def test_every_export_is_on_exactly_one_shard(org: str, project: str, name: str, of: int) -> None:
    asked = spec(), Project(org, project, HERE), Export(name, HERE)
    assert sum(shard.has(*asked) for shard in shards(of)) == 1
    assert ALONE.has(*asked)


@given(NAMES, NAMES, OF)
def test_where_an_export_is_does_not_depend_on_how_it_is_written(project: str, name: str, of: int) -> None:
    plain = Export(name, HERE)
    other = Export(name, Place("other.yaml"), output=Output(dir="elsewhere"), labels=("x",))
    home = [shard.has(spec(), Project("org", project, HERE), plain) for shard in shards(of)]
    assert home == [shard.has(spec("other"), Project("org", project, HERE), other) for shard in shards(of)]


@given(NAMES, st.lists(NAMES, min_size=2), OF)
def test_a_table_over_all_projects_is_one_shards_as_a_whole(name: str, projects: list[str], of: int) -> None:
    export = Export(name, HERE, combine="projects")
    for shard in shards(of):
        assert len({shard.has(spec(), Project("org", project, HERE), export) for project in projects}) == 1


@given(st.integers(0, 1000), OF)
def test_the_parts_of_a_quota_are_the_quota_and_nearly_equal(quota: int, of: int) -> None:
    parts = [shard.part(quota) for shard in shards(of)]
    assert sum(parts) == quota
    assert max(parts) - min(parts) <= 1


def test_pace_and_budget_of_every_account_are_divided_and_the_rest_is_not() -> None:
    limits = Limits(requests_per_second=5, exports_per_day=50, credits_per_day=1000, jobs=8)
    api = Api(default_account=Account(None, None, limits), accounts={"own": Account("T", None, limits)})
    slowed = Shard(2, 4).slowed(spec(api=api, limits=limits))
    expected = Limits(requests_per_second=1.25, exports_per_day=50, credits_per_day=250, jobs=8, machines=4)
    assert slowed.limits == slowed.api.account("any").limits == slowed.api.account("own").limits == expected


@pytest.mark.parametrize("text", ["0/4", "5/4", "x", "1/0", "-1/4", "1/4/2", "", "1.0/4", " 1/4", "1/9999999"])
def test_what_is_no_share_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="is no share of the work"):
        shard_of(text)
