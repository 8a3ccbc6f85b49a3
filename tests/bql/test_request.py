"""From an export of a spec to the payload that is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runner.bql.asked import Asked
from runner.bql.depth import DepthChoice
from runner.bql.request import request
from runner.bql.sizing import depth_query, distribution
from runner.errors import UsageError
from runner.spec.model import Export, Field, Period, Project, Sort
from runner.spec.problem import Place

if TYPE_CHECKING:
    from pathlib import Path

    from runner.jsonvalue import JsonObject

HERE = Place("spec.yaml", 3, 5)
TO_DEPTH_3 = DepthChoice(None, 3, 303_560, "")


def fields(*paths: str) -> tuple[Field, ...]:
    return tuple(Field(path, HERE) for path in paths)


def asked(**export: Any) -> Asked:
    return Asked(Project("org", "project", HERE), Export("name", HERE, **export), "20250413", {"least": 10})


def query_of(asking: Asked, depth: DepthChoice | None = TO_DEPTH_3) -> JsonObject:
    return request(asking, depth, 1_000_000).query


def test_the_payload_is_that_of_the_article_with_an_explicit_format() -> None:
    asking = asked(fields=fields("url", "title", "meta_description", "h1"), sort=(Sort("url"),))
    assert request(asking, TO_DEPTH_3, 1_000_000).body == {
        "job_type": "export",
        "payload": {
            "username": "org",
            "project": "project",
            "connector": "direct_download",
            "formatter": "csv",
            "formatter_config": {
                "delimiter": ",",
                "print_header": True,
                "print_delimiter": False,
                "header_format": "slug",
            },
            "export_size": 1_000_000,
            "query": {
                "collections": ["crawl.20250413"],
                "query": {
                    "dimensions": [
                        "crawl.20250413.url",
                        "crawl.20250413.metadata.title.content",
                        "crawl.20250413.metadata.description.content",
                        "crawl.20250413.metadata.h1.contents",
                    ],
                    "metrics": [],
                    "filters": {"field": "crawl.20250413.depth", "predicate": "lte", "value": 3},
                    "sort": [{"type": "dimensions", "index": 0, "order": "asc"}],
                },
            },
        },
    }


def test_own_filters_are_joined_with_the_depth_filter() -> None:
    not_ok = {"not": {"field": "http_code", "value": 200}}
    filters = query_of(asked(fields=fields("url"), filters=not_ok))["query"]["filters"]
    assert filters == {
        "and": [
            {"field": "crawl.20250413.depth", "predicate": "lte", "value": 3},
            {"not": {"field": "crawl.20250413.http_code", "value": 200}},
        ]
    }


def test_a_band_of_depths_has_both_its_ends() -> None:
    filters = query_of(asked(fields=fields("url")), DepthChoice(2, 3, 5, ""))["query"]["filters"]
    assert filters == {
        "and": [
            {"field": "crawl.20250413.depth", "predicate": "gte", "value": 2},
            {"field": "crawl.20250413.depth", "predicate": "lte", "value": 3},
        ]
    }


def test_a_whole_crawl_has_no_filter() -> None:
    assert "filters" not in query_of(asked(fields=fields("url")), DepthChoice(None, None, 5, ""))["query"]


def test_a_joined_whole_crawl_leaves_out_pages_that_only_google_knows() -> None:
    asking = asked(template="crawl_with_search_console", periods=(Period(7),))
    filters = query_of(asking, DepthChoice(None, None, 5, ""))["query"]["filters"]
    assert filters == {"field": "crawl.20250413.url", "predicate": "exists"}


def test_sorting_by_a_field_that_is_no_column_names_the_field() -> None:
    sort = query_of(asked(fields=fields("url"), sort=(Sort("depth", "desc"), Sort("url"))))["query"]["sort"]
    assert sort == [
        {"field": "crawl.20250413.depth", "order": "desc"},
        {"type": "dimensions", "index": 0, "order": "asc"},
    ]


def test_the_link_graph_has_one_row_an_edge_and_is_sized_by_outlinks() -> None:
    asking = asked(template="link_graph")
    dimensions = query_of(asking)["query"]["dimensions"]
    assert dimensions == ["crawl.20250413.url", "crawl.20250413.outlinks_internal.graph.url"]
    metrics = depth_query(asking)["query"]["metrics"]
    assert metrics == [{"function": "sum", "args": ["crawl.20250413.outlinks_internal.nb.total"]}]


def test_search_console_reads_a_period_counted_back_from_the_crawl() -> None:
    query = query_of(
        asked(template="search_console", fields=fields("url", "keyword", "ctr"), periods=(Period(30),)), None
    )
    assert query["collections"] == ["search_console"]
    assert query["periods"] == [["2025-03-15", "2025-04-13"]]
    assert query["query"]["dimensions"] == ["url", "keyword"]
    assert query["query"]["metrics"] == ["search_console.period_0.ctr"]


def test_a_period_can_be_two_dates() -> None:
    asking = asked(template="search_console", periods=(Period(start="2025-03-01", end="2025-03-31"),))
    assert query_of(asking, None)["periods"] == [["2025-03-01", "2025-03-31"]]


def test_an_aggregate_groups_by_its_fields_and_measures_its_metrics() -> None:
    metrics = (
        "count_urls_crawl",
        {"function": "avg", "args": ["delay_last_byte"], "name": "Slowness"},
        {"max": "depth"},
    )
    query = query_of(asked(template="aggregate", fields=fields("pagetype"), metrics=metrics), None)["query"]
    assert query["dimensions"] == ["crawl.20250413.segments.pagetype.value"]
    assert query["metrics"] == [
        "crawl.20250413.count_urls_crawl",
        {"function": "avg", "args": ["crawl.20250413.delay_last_byte"]},
        {"max": "crawl.20250413.depth"},
    ]


def test_headers_come_in_the_style_asked_for_and_labels_always_win() -> None:
    named = (*fields("title"), Field("http_code", HERE, "Status"))
    asking = request(asked(fields=named), TO_DEPTH_3, 10)
    verbose = {"crawl.20250413.metadata.title.content": "Title"}

    def headers(style: Any) -> list[str]:
        return [column.header for column in asking.file_columns(style, verbose)]

    assert headers("slug") == ["metadata.title.content", "Status"]
    assert headers("collection_slug") == ["crawl.20250413.metadata.title.content", "Status"]
    assert headers("verbose") == ["Title", "Status"]


def test_the_distribution_keeps_rows_without_a_depth_apart() -> None:
    counted = distribution([(2, 5), (0, 1), (None, 7), (2, 1)])
    assert (counted.counts, counted.without_depth) == (((0, 1), (2, 6)), 7)


def test_the_distribution_is_counted_under_the_exports_own_filters_alone() -> None:
    query = depth_query(asked(filters={"field": "http_code", "predicate": "gte", "value": 400}))
    assert query == {
        "collections": ["crawl.20250413"],
        "query": {
            "dimensions": ["crawl.20250413.depth"],
            "metrics": [{"field": "crawl.20250413.count_urls_crawl"}],
            "filters": {"field": "crawl.20250413.http_code", "predicate": "gte", "value": 400},
            "sort": [{"field": "crawl.20250413.depth", "order": "asc"}],
        },
    }


def own_template(folder: Path, text: str) -> Asked:
    path = folder / "own.json.j2"
    path.write_text(text, encoding="utf-8")
    return asked(template=str(path))


def test_a_template_of_ones_own_sees_vars_and_everything_else(tmp_path: Path) -> None:
    text = """{"collections": {{ collections | tojson }}, "query": {
      "dimensions": ["{{ collection }}.url"], "metrics": [], "filters": {"and": [{{ depth_filter | tojson }},
        {"field": "{{ collection }}.inlinks_internal.nb.unique", "predicate": "gte", "value": {{ vars.least }}}]}}}"""
    filters = query_of(own_template(tmp_path, text))["query"]["filters"]["and"]
    assert filters[1]["value"] == 10


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"collections": [}', "renders no JSON"),
        ('{\n\n"x": {{ nothing }}}', r"own\.json\.j2:3: 'nothing' is undefined"),
        ("{%- for %}", r"own\.json\.j2:1: "),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ 'x' * 4000001 }}", r"own\.json\.j2:1: \* comes to more than a template may hold"),
        ("{{ 2000001 * ('ab', 'c') }}", r"\* comes to more"),
        ("{{ 'x'.ljust(4000001) }}", "a text becomes longer than a template may hold"),
        ("{{ '\t'.expandtabs(4000001) }}", "a text becomes longer than a template may hold"),
        ("{{ '\t'.expandtabs(tabsize=4000001) }}", "a text becomes longer than a template may hold"),
        ("{{ 9 ** (9 ** 9) }}", r"\*\* comes to more"),
        (
            "{% set big = namespace(n=9) %}{% for i in range(99) %}{% set big.n = big.n * big.n %}{% endfor %}",
            "comes to",
        ),
        ("{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}", "renders more than 4,000,000 characters"),
        ("{{ 1 // 0 }}", "division"),
        ('{"collections": ["c"], "query": {"dimensions": [], "metrics": [], "filter": {}}}', "'filter' was unexpected"),
        ('{"collections": ["c"], "query": {"metrics": []}}', "'dimensions' is a required property"),
        ('{"collections": ["c"], "query": {"dimensions": []}}', "'metrics' is a required property"),
        (
            (
                '{"collections": ["c"], "query": {"dimensions": [], "metrics": [], "filters": '
                '{"field": "a", "predicate": "neq"}}}'
            ),
            "'neq' is not one of",
        ),
        ('{% include "../../../etc/passwd" %}', "passwd"),
        ("[1]", "is not of type 'object'"),
    ],
)
def test_what_a_template_does_wrong_is_said_before_anything_is_sent(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        query_of(own_template(tmp_path, text))


@pytest.mark.parametrize(
    "escape",
    [
        "''.__class__.__mro__[1].__subclasses__()",
        "''['__class__']",
        "(''|attr('__class__')).__mro__",
        "'{0.__class__.__mro__}'.format('')",
        "'{x.__class__}'.format_map({'x': 1})",
        "cycler.__init__.__globals__",
        "lipsum.__globals__['os'].popen('touch escaped')",
        "self.__init__.__globals__",
        "namespace.__init__.__globals__",
        "vars.update({'least': 11})",
        "vars.clear()",
        "([] | list).append(1)",
    ],
)
def test_no_way_out_of_the_sandbox_is_taken(tmp_path: Path, escape: str) -> None:
    refused = r"is unsafe|is not safely callable|is undefined|has no attribute"
    with pytest.raises(UsageError, match=refused):
        query_of(own_template(tmp_path, '{"note": "{{ ' + escape + ' }}"}'))


@pytest.mark.parametrize("way", ["include '{}'", "import '{}' as x", "extends '{}'", "from '{}' import x"])
@pytest.mark.parametrize(
    "name", ["botify_token.txt", "led-away.j2", "crawl_urls.json.j2", "sub/../../outside.j2", "away/outside.j2"]
)
def test_a_template_takes_in_no_file_but_templates_of_its_own_folder(tmp_path: Path, way: str, name: str) -> None:
    """Else whoever may write one could have the token, or anything on the disk, in a query or an error."""
    home = tmp_path / "specs"
    (home / "sub").mkdir(parents=True)
    for path in (home / "botify_token.txt", tmp_path / "outside.j2"):
        path.write_text("s3cret", encoding="utf-8")
    # One of them is called like a template that is brought along.
    for link in ("led-away.j2", "crawl_urls.json.j2"):
        (home / link).symlink_to(tmp_path / "outside.j2")
    (home / "away").symlink_to(tmp_path)
    statement = f"{{% {way.format(name)} %}}"
    with pytest.raises(UsageError) as raised:
        query_of(own_template(home, statement))
    assert "s3cret" not in str(raised.value)
    assert name in str(raised.value) or "not found" in str(raised.value)


def test_a_template_may_be_put_together_from_others_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "head.j2").write_text('"collections": ["c"]', encoding="utf-8")
    text = '{ {% include "parts/head.j2" %}, "query": {"dimensions": ["a"], "metrics": []}}'
    assert query_of(own_template(tmp_path, text))["collections"] == ["c"]


def test_a_template_reckons_as_python_does(tmp_path: Path) -> None:
    dimensions, least = (
        "{{ (2 * ['a'] + ['b'.ljust(1)] * 2) | tojson }}",
        "{{ 2 ** 10 * 3 + (0.5 * 4) | int + '{:05}'.format(5000000) | int }}",
    )
    text = f'{{"collections": ["c"], "query": {{"dimensions": {dimensions}, "metrics": [], "filters": {{"field": "a", '
    text += f'"predicate": "gt", "value": {least}}}}}}}'
    query = query_of(own_template(tmp_path, text))["query"]
    assert (query["dimensions"], query["filters"]["value"]) == (["a", "a", "b", "b"], 5003074)


def test_a_file_that_is_no_template_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="renders no JSON") as raised:
        query_of(own_template(tmp_path, "0123abcd-the-token\n# username: first.last\n"))
    assert "the-token" not in str(raised.value)


def test_names_for_columns_are_of_the_file_alone_and_never_sent() -> None:
    named = request(asked(fields=(Field("url", HERE, "Address"), *fields("title"))), TO_DEPTH_3, 1_000_000)
    assert named.body == request(asked(fields=fields("url", "title")), TO_DEPTH_3, 1_000_000).body
    assert named.columns[0] == ("crawl.20250413.url", "Address")
