"""A built-in template renders whatever a valid spec asks of it, which is why no command tries that beforehand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from runner.bql.fields import ALIASES
from runner.bql.templates import built_in_templates
from runner.errors import SpecError
from runner.plan.rehearsal import rehearse
from runner.plan.specs import EVERYTHING, load_rehearsed
from runner.schemacheck import schema
from tests.test_schemafit import scalars

if TYPE_CHECKING:
    from pathlib import Path

names = st.sampled_from([*ALIASES, "segments.pagetype.value", "crawl.depth", "search_console.period_0.ctr", "h1[0]"])
fields = names | st.fixed_dictionaries({"field": names}, optional={"name": st.text(min_size=1, max_size=9)})
predicates = st.sampled_from(schema("spec")["$defs"]["filter"]["properties"]["predicate"]["enum"])


def leaf(field: str, predicate: str, value: Any, end: Any) -> dict[str, Any]:
    """A condition with as many values as its predicate takes."""
    shown = {} if predicate.endswith("exists") else {"value": [value, end] if predicate.endswith("between") else value}
    return {"field": field, "predicate": predicate, **shown}


filters = st.recursive(
    st.builds(leaf, names, predicates, scalars, scalars),
    lambda inner: (
        st.fixed_dictionaries({"not": inner})
        | st.fixed_dictionaries({"and": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"or": st.lists(inner, min_size=1, max_size=3)})
    ),
    max_leaves=6,
)
days = st.dates().map(str)
periods = st.tuples(days, days).map(sorted) | st.fixed_dictionaries({"last_days": st.integers(1, 90)})
metrics = names | st.fixed_dictionaries({"field": names}) | st.sampled_from([{"avg": "depth"}, "count_urls_crawl"])
depths = st.sampled_from(["max_safe", "all", "split", {"max": 3}, {"min": 1, "max": 2}])
slugs = st.sampled_from(["latest", "previous", "latest-2", "all", "20250413", "20240101-2"])
exports = st.fixed_dictionaries(
    {"name": st.just("x"), "template": st.sampled_from(built_in_templates())},
    optional={
        "fields": st.lists(fields, min_size=1, max_size=4), "filters": filters, "depth": depths, "analysis": slugs,
        "sort": st.lists(names | st.fixed_dictionaries({"field": names}), min_size=1, max_size=2),
        "periods": st.lists(periods, min_size=1, max_size=2), "metrics": st.lists(metrics, min_size=1, max_size=2),
        "mode": st.sampled_from(["export", "list"]),
    },
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
@given(exports)
def test_a_valid_spec_renders(tmp_path: Path, export: dict[str, Any]) -> None:
    spec = {"version": 1, "name": "s", "projects": [{"org": "o", "project": "p"}], "exports": [export]}
    file = tmp_path / "spec.yaml"
    file.write_text(json.dumps(spec), encoding="utf-8")
    try:
        [loaded] = load_rehearsed([file])
    except SpecError:
        assume(False)  # noqa: FBT003  Hypothesis' own signature
    assert [each.export.name for each in rehearse(loaded, EVERYTHING)]
