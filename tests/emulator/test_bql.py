"""The grammar of BQLv2: what it knows, what it means, and what it refuses in which words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.client import crawl_query

if TYPE_CHECKING:
    from tests.emulator.client import Api

SLUG = "20240101"
C = f"crawl.{SLUG}."
ALL = ("url", "depth", "http_code", "byte_size", "metadata.title.content", "metadata.h1.contents", "date_crawled")


def rows_of(api: Api, *fields: str) -> list[list[Any]]:
    return api.rows(crawl_query(SLUG, *fields), size=2000)


def filtered(api: Api, filters: Any, *fields: str) -> list[list[Any]]:
    return api.rows(crawl_query(SLUG, "url", *fields, filters=filters), size=2000)


def leaf(field: str, predicate: str, value: Any) -> Any:
    return {"field": C + field, "predicate": predicate, "value": value}


def refused(api: Api, body: Any) -> tuple[str, str]:
    answer = api.ask(body)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]["error_code"], answer.json()["error"]["message"]


def test_a_dimension_may_be_an_object_with_a_name(small: Api) -> None:
    body = crawl_query(SLUG, "url")
    body["query"]["dimensions"] = [{"field": C + "url", "name": "Address"}]
    assert small.rows(body) == rows_of(small, "url")


def test_a_list_gives_its_items_by_index_and_its_first(small: Api) -> None:
    body = crawl_query(SLUG, "url", "metadata.h1.contents", "metadata.h1.contents[0]", "metadata.h1.contents[2]")
    body["query"]["dimensions"].append({"function": "first", "args": [C + "metadata.h1.contents"]})
    rows = small.rows(body, size=2000)
    assert {len(found or ()) for _, found, *_ in rows} >= {0, 1, 3}
    assert all(zeroth == first == (found[0] if found else None) for _, found, zeroth, _, first in rows)
    assert all(third == (found[2] if found and len(found) > 2 else None) for _, found, _, third, _ in rows)


def test_a_timeseries_is_asked_by_any_and_all_of_its_days_and_by_one(small: Api) -> None:
    field = "search_engines.google.crawls.by_day"
    rows = [row for row in rows_of(small, "url", field) if row[1] is not None]
    assert filtered(small, leaf(field, "any.gte", 3), field) == [row for row in rows if max(row[1]) >= 3]
    assert filtered(small, leaf(field, "all.lte", 2), field) == [row for row in rows if max(row[1]) <= 2]
    assert filtered(small, leaf(field + "[0]", "eq", 1), field) == [row for row in rows if row[1][0] == 1]


@pytest.mark.parametrize("spelling", ["object", "function"])
def test_ranges_hold_their_lower_end_and_not_their_upper(small: Api, spelling: str) -> None:
    bands = [{"from": 0, "to": 1}, {"from": 1, "to": 3}, {"from": 3}]
    ranged: Any = {"field": C + "depth", "ranges": bands}
    if spelling == "function":
        ranged = {"function": "ranges", "args": [C + "depth", bands]}
    body = crawl_query(SLUG)
    body["query"] |= {"dimensions": [ranged], "metrics": [C + "count_urls_crawl"]}
    assert small.rows(body) == [[bands[0], 1], [bands[1], 102], [bands[2], 150]]


def test_metrics_come_in_all_their_forms(small: Api) -> None:
    codes = [code for _, code in rows_of(small, "url", "http_code")]
    ok = {"field": C + "http_code", "value": 200}
    body = crawl_query(SLUG)
    body["query"]["metrics"] = [
        C + "count_urls_crawl",
        {"field": C + "count_urls_crawl", "name": "URLs"},
        {"function": "count", "args": [C + "url"]},
        {"avg": C + "http_code"},
        {"field": C + "count_urls_crawl", "filters": ok},
        {"function": "sum", "args": [C + "http_code"], "filters": ok},
        {"function": "count_eq", "args": [C + "http_code", 404]},
        {"function": "div", "args": [{"max": C + "http_code"}, 2]},
    ]
    (row,) = small.rows(body)
    assert row[:3] == [273, 273, 273]
    assert row[3] == pytest.approx(sum(codes) / len(codes))
    assert row[4:] == [codes.count(200), 200 * codes.count(200), codes.count(404), max(codes) / 2]


def test_metrics_are_counted_for_each_value_of_the_dimensions(small: Api) -> None:
    counted = Counter(code for _, code in rows_of(small, "url", "http_code"))
    body = crawl_query(SLUG, "http_code")
    body["query"] |= {"metrics": [C + "count_urls_crawl"], "sort": [0]}
    assert small.rows(body) == [[code, counted[code]] for code in sorted(counted)]


def test_a_predicate_that_is_not_given_is_equality(small: Api) -> None:
    assert filtered(small, {"field": C + "http_code", "value": 404}) == filtered(small, leaf("http_code", "eq", 404))


@pytest.mark.parametrize(
    ("predicate", "value", "holds"),
    [
        ("eq", 2, lambda depth: depth == 2),
        ("gt", 2, lambda depth: depth > 2),
        ("gte", 2, lambda depth: depth >= 2),
        ("lt", 2, lambda depth: depth < 2),
        ("lte", 2, lambda depth: depth <= 2),
        ("between", [1, 2], lambda depth: 1 <= depth <= 2),
    ],
)
def test_numbers_are_compared_and_a_missing_one_is_never_found(
    small: Api, predicate: str, value: Any, holds: Any
) -> None:
    found = filtered(small, leaf("depth", predicate, value), "depth")
    assert found == [row for row in rows_of(small, "url", "depth") if row[1] is not None and holds(row[1])]
    assert found


@pytest.mark.parametrize(
    ("predicate", "value", "holds"),
    [
        ("contains", "Boots", lambda title: "Boots" in title),
        ("contains", "boots", lambda title: "boots" in title),
        ("starts", "Blue", lambda title: title.startswith("Blue")),
        ("ends", "7", lambda title: title.endswith("7")),
        ("re", "^(Blue|Warm) .*[0-9]$", lambda title: title[:4] in ("Blue", "Warm") and title[-1:].isdigit()),
    ],
)
def test_text_is_searched_with_regard_to_letter_case(small: Api, predicate: str, value: str, holds: Any) -> None:
    found = filtered(small, leaf("metadata.title.content", predicate, value), "metadata.title.content")
    rows = rows_of(small, "url", "metadata.title.content")
    assert found == [row for row in rows if row[1] is not None and holds(row[1])]


def test_lists_are_searched_with_any_and_all(small: Api) -> None:
    rows = [row for row in rows_of(small, "url", "metadata.h1.contents") if row[1] is not None]
    some = filtered(small, leaf("metadata.h1.contents", "any.contains", "Size"), "metadata.h1.contents")
    every = filtered(small, leaf("metadata.h1.contents", "all.contains", "Size"), "metadata.h1.contents")
    assert some == [row for row in rows if any("Size" in item for item in row[1])]
    assert every == [row for row in rows if all("Size" in item for item in row[1])]
    assert len(some) != len(every)


def test_existence_is_having_a_value_or_an_item(small: Api) -> None:
    titled = filtered(small, {"field": C + "metadata.title.content", "predicate": "exists"}, "metadata.title.content")
    assert titled == [row for row in rows_of(small, "url", "metadata.title.content") if row[1] is not None]
    headed = filtered(small, {"field": C + "metadata.h1.contents", "predicate": "exists"}, "metadata.h1.contents")
    assert headed == [row for row in rows_of(small, "url", "metadata.h1.contents") if row[1]]


@pytest.mark.parametrize(
    ("predicate", "found"),
    [("with_children", {"acme", "acme/garden"}), ("without_children", {"acme"}), ("only_children", {"acme/garden"})],
)
def test_trees_know_their_children(small: Api, predicate: str, found: set[str]) -> None:
    rows = filtered(small, leaf("segments.brand.value", predicate, "acme"), "segments.brand.value")
    assert {row[1] for row in rows} == found


def test_conditions_are_connected(small: Api) -> None:
    both = {"and": [leaf("depth", "lte", 2), {"not": leaf("http_code", "eq", 200)}]}
    either = {"or": [leaf("depth", "eq", 0), leaf("http_code", "eq", 404)]}
    rows = rows_of(small, "url", "depth", "http_code")
    known = [row for row in rows if row[1] is not None and row[1] <= 2]
    assert filtered(small, both, "depth", "http_code") == [row for row in known if row[2] != 200]
    assert filtered(small, either, "depth", "http_code") == [row for row in rows if row[1] == 0 or row[2] == 404]


def test_dates_are_compared_with_days_and_with_moments(small: Api) -> None:
    after = filtered(small, leaf("date_crawled", "gte", "2024-01-01T06:00:03"), "date_crawled")
    assert after == [row for row in rows_of(small, "url", "date_crawled") if row[1] >= "2024-01-01T06:00:03"]
    assert filtered(small, leaf("date_crawled", "lt", "2024-01-01")) == []


@pytest.mark.parametrize(
    ("function", "args", "first"),
    [
        ("add", [1, 2, 3], 6),
        ("sub", [1, 2], -1),
        ("mul", [2, 2.5], 5.0),
        ("div", [1, 2], 0.5),
        ("div", [1, 0], None),
        ("eq", [1, 1], True),
        ("ne", [{"literal": "a"}, {"literal": "b"}], True),
        ("and", [True, False], False),
        ("or", [True, False], True),
        ("not", [True], False),
        ("exists", [C + "url"], True),
        ("not_exists", [C + "url"], False),
        ("if", [{"function": "lt", "args": [1, 2]}, {"literal": "yes"}, {"literal": "no"}], "yes"),
        ("if_not_exists", [None, 7], 7),
        ("concat", [{"literal": "a"}, 1, True], "a1true"),
        ("concat", [{"literal": "a"}, None], None),
        ("http_code_family", [204], "2xx"),
        ("http_code_family", [0], "exx"),
        ("http_code_quality", [200], "good"),
        ("http_code_quality", [404], "bad"),
        ("date", [C + "date_crawled"], "2024-01-01"),
        ("year", [C + "date_crawled"], 2024),
        ("month", [C + "date_crawled"], 1),
        ("year_month", [C + "date_crawled"], "2024-01"),
        ("first_day_of_week", [C + "date_crawled"], "2024-01-01"),
        ("first_day_of_month", [C + "date_crawled"], "2024-01-01"),
        ("year_week_number_starting_monday", [C + "date_crawled"], "2024-01"),
        ("year_week_number_starting_sunday", [C + "date_crawled"], "2024-00"),
        ("to_json_string", [C + "depth"], "0"),
    ],
)
def test_functions_calculate(small: Api, function: str, args: Any, first: Any) -> None:
    body = crawl_query(SLUG, "url")
    body["query"]["dimensions"].append({"function": function, "args": args})
    assert small.rows(body, size=1)[0][1] == first


def test_a_filter_on_a_metric_holds_for_groups_as_post_filters_do(small: Api) -> None:
    body = crawl_query(SLUG, "http_code")
    body["query"] |= {"metrics": [C + "count_urls_crawl"], "sort": [0]}
    condition = {"field": C + "count_urls_crawl", "predicate": "gt", "value": 10}
    whole = small.rows(body)
    body["query"]["filters"] = condition
    early = small.rows(body)
    del body["query"]["filters"]
    body["query"]["post_filters"] = condition
    assert early == small.rows(body) == [row for row in whole if row[1] > 10] != whole


@pytest.mark.parametrize(
    "sort",
    [
        [1],
        [{"index": 1}],
        [{"index": 1, "type": "dimensions", "order": "asc"}],
        [{"field": C + "byte_size"}],
        [{"field": C + "byte_size", "order": "asc"}],
    ],
)
def test_the_forms_of_sort_mean_the_same(small: Api, sort: Any) -> None:
    rows = small.rows(crawl_query(SLUG, "url", "byte_size", sort=sort))
    assert [size for _, size in rows] == sorted(size for _, size in rows)


def test_a_sort_may_be_by_a_metric_and_downwards(small: Api) -> None:
    body = crawl_query(SLUG, "http_code")
    body["query"] |= {
        "metrics": [C + "count_urls_crawl"],
        "sort": [{"type": "metrics", "index": 0, "order": "desc"}],
    }
    counts = [count for _, count in small.rows(body)]
    assert counts == sorted(counts, reverse=True)


def test_a_list_of_urls_may_be_sorted_by_what_it_does_not_show(small: Api) -> None:
    rows = small.rows(crawl_query(SLUG, "url", sort=[{"field": C + "byte_size", "order": "desc"}]))
    shown = small.rows(crawl_query(SLUG, "url", "byte_size", sort=[{"index": 1, "order": "desc"}]))
    assert [row[0] for row in rows] == [row[0] for row in shown]


def test_ties_are_broken_by_the_order_of_the_crawl(small: Api) -> None:
    plain = [row[0] for row in rows_of(small, "url")]
    rows = small.rows(crawl_query(SLUG, "url", "protocol", sort=[1]))
    for protocol in ("http", "https"):
        ours = [url for url, found in rows if found == protocol]
        assert ours == [url for url in plain if url in set(ours)]


def test_two_crawls_are_joined_on_the_url(small: Api) -> None:
    other = "crawl.20240101-2."
    body = {
        "collections": [f"crawl.{SLUG}", "crawl.20240101-2"],
        "query": {"dimensions": ["url", C + "depth", other + "depth"], "metrics": []},
    }
    mine = dict(rows_of(small, "url", "depth"))
    theirs = dict(small.rows(crawl_query("20240101-2", "url", "depth")))
    joined = {url: (one, two) for url, one, two in small.rows(body, size=2000)}
    assert joined == {url: (mine.get(url), theirs.get(url)) for url in {*mine, *theirs}}


CONSOLE = "search_console.period_0."


def console(*dimensions: str, metrics: Any = (), **query: Any) -> Any:
    return {
        "collections": ["search_console"],
        "periods": [["2024-01-01", "2024-01-07"]],
        "query": {"dimensions": list(dimensions), "metrics": [CONSOLE + name for name in metrics], **query},
    }


def test_the_search_console_counts_and_weighs(small: Api) -> None:
    metrics = ("count_clicks", "count_impressions", "ctr", "avg_position")
    (total,) = small.rows(console(metrics=metrics))
    days = small.rows(console("period_0.date", metrics=metrics, sort=[0]))
    assert [day[0] for day in days] == [f"2024-01-0{day}" for day in range(1, 8)]
    assert sum(day[1] for day in days) == total[0]
    assert total[2] == pytest.approx(100 * total[0] / total[1], abs=1e-4)
    weighted = sum(day[4] * day[2] for day in days) / total[1]
    assert total[3] == pytest.approx(weighted, abs=1e-3)


def test_pages_that_only_searchers_know_show_up_in_a_join_until_a_crawl_field_is_filtered(small: Api) -> None:
    body = console("url", metrics=["count_clicks"])
    body["collections"].append(f"crawl.{SLUG}")
    body["query"]["dimensions"].append(C + "depth")
    crawled = {row[0] for row in rows_of(small, "url")}
    joined = small.rows(body, size=2000)
    assert {row[0] for row in joined} > crawled
    assert all(clicks is not None for *_, clicks in joined)
    body["query"]["filters"] = {"field": C + "depth", "predicate": "gte", "value": 0}
    assert {row[0] for row in small.rows(body, size=2000)} < crawled


def test_the_sums_of_a_join_are_those_of_the_search_console_alone(small: Api) -> None:
    alone = small.rows(console(metrics=["count_impressions"]))
    body = console("url", metrics=["count_impressions"])
    body["collections"].append(f"crawl.{SLUG}")
    assert sum(row[1] for row in small.rows(body, size=2000)) == alone[0][0]


def test_two_periods_are_told_apart(small: Api) -> None:
    body = console("url")
    body["periods"].append(["2024-01-08", "2024-01-14"])
    body["query"]["metrics"] = [f"search_console.period_{index}.count_clicks" for index in (0, 1)]
    both = small.rows(body, size=2000)
    first = dict(small.rows(console("url", metrics=["count_clicks"]), size=2000))
    assert {url: clicks for url, clicks, _ in both if url in first} == first
    assert sum(row[2] for row in both) > 0


OFFICIAL = [
    {
        "collections": ["search_console"],
        "periods": [["2023-12-01", "2023-12-30"]],
        "query": {
            "dimensions": ["country"],
            "metrics": ["search_console.period_0.count_clicks"],
            "sort": [{"type": "metrics", "index": 0, "order": "desc"}],
        },
    },
    {
        "collections": ["search_console", f"crawl.{SLUG}"],
        "periods": [["2023-12-01", "2023-12-30"]],
        "query": {
            "dimensions": ["url", "keyword", "period_0.date"],
            "metrics": ["search_console.period_0.avg_position"],
            "filters": {"field": C + "http_code", "predicate": "eq", "value": 200},
            "sort": [{"type": "dimensions", "index": 2, "order": "asc"}],
        },
    },
    crawl_query(SLUG, "depth", sort=[{"field": C + "depth", "order": "asc"}])
    | {"query": {"dimensions": [C + "depth"], "metrics": [{"field": C + "count_urls_crawl"}], "sort": []}},
    {
        "collections": [f"crawl.{SLUG}"],
        "query": {"dimensions": [], "metrics": [{"function": "count", "args": [C + "url"]}]},
    },
    {
        "collections": [f"crawl.{SLUG}"],
        "query": {
            "dimensions": ["url", C + "depth", C + "http_code", C + "byte_size"],
            "metrics": [],
            "sort": [1],
        },
    },
    {
        "collections": [f"crawl.{SLUG}", "search_console"],
        "periods": [["2024-01-01", "2024-01-08"]],
        "query": {
            "dimensions": [
                *(C + "url", C + "depth", C + "segments.pagetype.value", C + "compliant.is_compliant"),
                *(C + "compliant.main_reason", C + "canonical.to.equal", C + "sitemaps.present"),
                *(C + "js.rendering.exec", C + "js.rendering.ok"),
            ],
            "metrics": [CONSOLE + "count_impressions", CONSOLE + "count_clicks"],
            "filters": {"field": C + "depth", "predicate": "lte", "value": 2},
        },
    },
    {
        "collections": ["search_console"],
        "periods": [["2023-12-21", "2024-01-21"]],
        "query": {
            "dimensions": ["url"],
            "metrics": [
                {"field": CONSOLE + "count_impressions", "name": "Impressions"},
                {"field": CONSOLE + "count_clicks", "name": "Clicks"},
                {"field": CONSOLE + "ctr", "name": "CTR"},
                {"field": CONSOLE + "avg_position", "name": "Avg. Position"},
            ],
            "sort": [{"type": "metrics", "index": 0, "order": "desc"}],
        },
    },
    crawl_query(SLUG, "url", "outlinks_internal.graph.url", filters=leaf("depth", "lte", 1)),
]


@pytest.mark.parametrize("body", OFFICIAL)
def test_the_queries_that_clients_really_send_are_answered_and_exported(small: Api, body: Any) -> None:
    rows = small.rows(body, size=2000)
    assert rows
    exported = small.table(small.payload(body, formatter_config={"print_header": False, "print_delimiter": False}))
    assert len(exported) >= len(rows)


# What is changed in a query that is right (None takes the key away), and the code of the refusal.
WRONG: dict[str, tuple[Any, str]] = {
    "no dimensions": ({"dimensions": None}, "1016"),
    "no metrics": ({"metrics": None}, "1016"),
    "nothing at all": ({"dimensions": []}, "1016"),
    "filter for filters": ({"filter": {}}, "1022"),
    "a limit": ({"limit": 10}, "1022"),
    "dimensions that are no list": ({"dimensions": "url"}, "1020"),
    "an unknown field": ({"dimensions": [C + "no_such_field"]}, "1029"),
    "a field without its collection": ({"dimensions": ["depth"]}, "1029"),
    "a list without the url": ({"dimensions": [C + "metadata.h1.contents"]}, "1022"),
    "an index into no list": ({"dimensions": [C + "depth[0]"]}, "1022"),
    "a metric as dimension": ({"dimensions": [C + "count_urls_crawl"]}, "1022"),
    "an unknown function": ({"dimensions": [{"function": "shout", "args": []}]}, "1022"),
    "too many dimensions": ({"dimensions": [C + "url"] * 101}, "1043"),
    "a dimension as metric": ({"metrics": [C + "depth"]}, "1022"),
    "a sum of text": ({"metrics": [{"sum": C + "url"}]}, "1022"),
    "a sum of sums": ({"metrics": [{"sum": {"sum": C + "depth"}}]}, "1022"),
    "filters that are a list": ({"filters": []}, "1022"),
    "and of nothing": ({"filters": {"and": []}}, "1022"),
    "an unknown connection": ({"filters": {"nor": []}}, "1022"),
    "an unknown predicate": ({"filters": leaf("depth", "in", [1])}, "1022"),
    "text for a number": ({"filters": leaf("depth", "eq", "1")}, "1022"),
    "between one value": ({"filters": leaf("depth", "between", [1])}, "1022"),
    "a search in a number": ({"filters": leaf("depth", "contains", "1")}, "1022"),
    "an order of text": ({"filters": leaf("url", "gt", "a")}, "1022"),
    "any of what is no list": ({"filters": leaf("url", "any.eq", "a")}, "1022"),
    "a list without any": ({"filters": leaf("metadata.h1.contents", "eq", "a")}, "1022"),
    "no value": ({"filters": {"field": C + "depth"}}, "1022"),
    "a broken pattern": ({"filters": leaf("url", "re", "(")}, "1057"),
    "no date": ({"filters": leaf("date_crawled", "gt", "yesterday")}, "1022"),
    "a column that is not there": ({"sort": [7]}, "1022"),
    "a sort by text": ({"sort": ["url"]}, "1022"),
    "a sort upwards": ({"sort": [{"index": 0, "order": "up"}]}, "1022"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_grammar_does_not_know_is_refused(small: Api, name: str) -> None:
    change, code = WRONG[name]
    body = crawl_query(SLUG, "url")
    body["query"] = {key: value for key, value in (body["query"] | change).items() if value is not None}
    assert refused(small, body)[0] == code


def test_a_calculation_that_overflows_cannot_be_executed(small: Api) -> None:
    body = crawl_query(SLUG, "url")
    body["query"]["dimensions"].append({"function": "mul", "args": [C + "byte_size", 2**62]})
    assert refused(small, body) == ("1044", "Query can not be executed")


def test_filters_that_are_nested_too_deeply_are_too_big(small: Api) -> None:
    filters = leaf("depth", "eq", 1)
    for _ in range(60):
        filters = {"not": filters}
    assert refused(small, crawl_query(SLUG, "url", filters=filters)) == ("1043", "The query is too big to execute it")


@pytest.mark.parametrize("name", ["Search Console", "crawl.19990101", "crawl.20240201", "Organic Visits from Google"])
def test_a_collection_is_known_by_its_id_alone(small: Api, name: str) -> None:
    body = crawl_query(SLUG, "url") | {"collections": [name]}
    assert refused(small, body)[1] == f'Unknown collection "{name}".'


def test_the_global_collection_cannot_be_queried_on_its_own(small: Api) -> None:
    assert refused(small, {"collections": ["global"], "query": {"dimensions": ["url"], "metrics": []}})[0] == "1020"


@pytest.mark.parametrize("periods", [None, [], [["2024-01-01"]], [["x", "y"]], [["2024-01-02", "2024-01-01"]]])
def test_a_collection_that_has_days_needs_periods(small: Api, periods: Any) -> None:
    body = console("url", metrics=["count_clicks"]) | {"periods": periods}
    assert refused(small, body)[0] == "1022"


def test_pages_of_a_query_fit_together(small: Api) -> None:
    body = crawl_query(SLUG, "url")
    whole = small.rows(body, size=2000)
    pages = [small.rows(body, size=100, page=page) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [100, 100, 73, 0]
    assert [row for page in pages for row in page] == whole


def test_a_page_tells_the_next_one_and_the_count_only_when_asked(small: Api) -> None:
    first = small.ask(crawl_query(SLUG, "url"), size=200).json()
    assert set(first) == {"results", "previous", "next", "page", "size"}
    assert first["next"] == f"{small.url}/v1/projects/example-org/example.com/query?size=200&page=2"
    last = small.ask(crawl_query(SLUG, "url"), size=200, page=2, count="").json()
    assert (last["next"], last["count"]) == (None, 273)


def test_a_page_has_500_rows_unless_asked_and_2000_at_most(big: Api) -> None:
    body = crawl_query("20250413", "url")
    assert len(big.rows(body)) == 500
    assert big.ask(body, size=5000).json()["size"] == 2000
