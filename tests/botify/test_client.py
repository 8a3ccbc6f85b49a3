"""The client's questions, each against a server that speaks Botify's API."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from runner.botify.answers import Analysis, CollectionField, ListedProject, Row
from runner.botify.client import Botify
from runner.errors import ApiAnswerError, ApiRefused, TokenMissing, TokenRefused
from runner.spec.model import Account, Api, Limits
from tests.botify.scripted import PROFILE, TOKEN, Reply, account, ask, listed, reply, serving

if TYPE_CHECKING:
    from tests.botify.scripted import Seen

BQL = {"collections": ["crawl.20250413"], "query": {"dimensions": ["crawl.20250413.depth"], "metrics": []}}


def paged(items: list[Any], most: int = 500) -> Any:
    """Serve a list page by page, never more than `most` items on one."""

    def script(seen: Seen) -> Reply:
        page, size = int(seen.query["page"]), min(int(seen.query["size"]), most)
        here = items[(page - 1) * size : page * size]
        return listed(here, more=page * size < len(items), count=len(items))

    return script


def crawl(slug: str, status: str = "success") -> dict[str, Any]:
    return {"slug": slug, "status": status, "urls_done": "39", "date_finished": "2024-01-01T14:52:48Z"}


def job(number: int, **more: Any) -> dict[str, Any]:
    return {"job_id": number, "job_status": "DONE", "payload": {"n": number}, "results": None} | more


def test_profile() -> None:
    with serving([PROFILE]) as server:
        assert ask(server.url, lambda api: api.profile("org")) == "first.last"
        assert server.seen[0].path == "/v1/authentication/profile"


def test_analyses_of_all_pages_newest_first_and_only_the_successful() -> None:
    slugs = ["20240101-2", "20240101", "20240101-10", "20231231"]
    crawls = [*(crawl(slug) for slug in slugs), crawl("20240102", "failed"), crawl("20240103", "crawling")]
    with serving(paged(crawls, most=2)) as server:
        found = ask(server.url, lambda api: api.analyses("my org", "a/b?#%"))
        assert [seen.path for seen in server.seen] == ["/v1/analyses/my%20org/a%2Fb%3F%23%25/light"] * 3
        assert [seen.query["page"] for seen in server.seen] == ["1", "2", "3"]
    assert [each.slug for each in found] == ["20240101-10", "20240101-2", "20240101", "20231231"]
    assert found[0] == Analysis("20240101-10", "success", 39, "2024-01-01T14:52:48Z")


def test_every_analysis_is_asked_for_with_those_that_failed() -> None:
    with serving(paged([crawl("20240101"), crawl("20240102", "failed")])) as server:
        found = ask(server.url, lambda api: api.every_analysis("org", "project"))
        assert server.seen[0].query["only_success"] == "false"
    assert [(each.slug, each.status) for each in found] == [("20240102", "failed"), ("20240101", "success")]


PROJECTS = [{"slug": "b.example", "active": False}, {"slug": "a.example", "active": True}, {"slug": "c.example"}]
LISTED = (ListedProject("a.example"), ListedProject("b.example", active=False), ListedProject("c.example"))


def test_projects_as_a_bare_list() -> None:
    with serving([reply(PROJECTS)]) as server:
        assert ask(server.url, lambda api: api.projects("my org")) == LISTED
        assert server.seen[0].path == "/v1/users/my%20org/projects"


@pytest.mark.parametrize("first", [reply({"error": {"error_code": "1002"}}, 403), reply({}, 404), listed([])])
def test_projects_in_pages_where_there_is_no_bare_list(first: Reply) -> None:
    with serving([first, listed(PROJECTS[:2], more=True), listed(PROJECTS[2:])]) as server:
        assert ask(server.url, lambda api: api.projects("org")) == LISTED
        assert [seen.path for seen in server.seen[1:]] == ["/v1/projects/org"] * 2


def test_a_refused_token_is_not_tried_on_another_list_of_projects() -> None:
    with serving([reply({}, 401)]) as server, pytest.raises(TokenRefused):
        ask(server.url, lambda api: api.projects("org"))


def test_a_project_without_crawls() -> None:
    with serving([listed([])]) as server:
        assert ask(server.url, lambda api: api.analyses("org", "project")) == ()


def test_a_query_is_one_page() -> None:
    with serving([listed([{"dimensions": [0], "metrics": [10]}], more=True, count=21)]) as server:
        page = ask(server.url, lambda api: api.query("org", "project", BQL, page=3, size=1, count=True))
        (seen,) = server.seen
    assert (page.rows, page.more, page.count) == ((Row((0,), (10,)),), True, 21)
    assert (seen.method, seen.path) == ("POST", "/v1/projects/org/project/query")
    assert seen.query == {"page": "3", "size": "1", "count": "true"}
    assert seen.json == BQL


def test_a_query_counts_only_where_it_is_asked_to() -> None:
    with serving([listed([])]) as server:
        assert ask(server.url, lambda api: api.query("org", "project", BQL)).count is None
        assert server.seen[0].query == {"page": "1", "size": "500"}


def test_all_rows_of_a_query_post_the_same_body_again_and_never_follow_next() -> None:
    rows = [{"dimensions": [number], "metrics": [number * 10]} for number in range(7)]
    with serving(paged(rows)) as server:
        found = ask(server.url, lambda api: api.query_rows("org", "project", BQL, size=3))
        assert [seen.query["page"] for seen in server.seen] == ["1", "2", "3"]
        assert all(seen.json == BQL for seen in server.seen)
    assert found == tuple(Row((number,), (number * 10,)) for number in range(7))


def test_a_query_that_repeats_its_page_for_ever_is_an_error() -> None:
    with serving([listed([{"dimensions": [1], "metrics": []}], more=True)]) as server:
        with pytest.raises(ApiAnswerError, match="does not end"):
            ask(server.url, lambda api: api.query_rows("org", "project", BQL))
        assert len(server.seen) == 2


def test_fields_of_a_collection() -> None:
    field = {"id": "depth", "name": "Depth", "type": "integer", "kind": "dimension", "multiple": False}
    with serving([reply({"datasets": [{"fields": [field]}], "metadata": {}})]) as server:
        found = ask(server.url, lambda api: api.fields("org", "project", "crawl.20250413"))
        assert server.seen[0].path == "/v1/projects/org/project/collections/crawl.20250413"
    assert found == (CollectionField("depth", "Depth", "integer", "dimension", multiple=False),)


def test_a_job_is_asked_for_by_its_id_whatever_its_url_says() -> None:
    with serving([PROFILE]) as elsewhere:
        told = job(7, job_url=elsewhere.url + "/v1/jobs/7", results={"download_url": "https://cdn.example/x"})
        with serving([reply(told)]) as server:
            found = ask(server.url, lambda api: api.job("org", "7"))
            assert [seen.path for seen in server.seen] == ["/v1/jobs/7"]
        assert elsewhere.seen == []
    assert (found.id, found.payload, found.download_url) == ("7", {"n": 7}, "https://cdn.example/x")


def test_an_answer_about_another_job_is_an_error() -> None:
    with serving([reply(job(8))]) as server, pytest.raises(ApiAnswerError, match="GET /v1/jobs/7 is about job 8"):
        ask(server.url, lambda api: api.job("org", "7"))


def test_all_jobs_of_a_project_and_next_is_never_followed() -> None:
    with serving([PROFILE]) as elsewhere:

        def script(seen: Seen) -> Reply:
            page = int(seen.query["page"])
            return reply({"results": [job(9 - page)], "next": elsewhere.url if page < 3 else None, "count": 3})

        with serving(script) as server:
            found = ask(server.url, lambda api: api.jobs("org", "my project"))
            assert [seen.path for seen in server.seen] == ["/v1/jobs"] * 3
            assert server.seen[0].query == {"job_type": "export", "project": "my project", "page": "1", "size": "500"}
        assert elsewhere.seen == []
    assert [each.id for each in found] == ["8", "7", "6"]


def test_jobs_that_move_between_pages_are_listed_once() -> None:
    jobs = [job(number) for number in range(6, 0, -1)]
    serve = paged(jobs, most=2)

    def script(seen: Seen) -> Reply:
        told: Reply = serve(seen)
        if len(jobs) < 9:
            jobs.insert(0, job(len(jobs) + 1))
        return told

    with serving(script) as server:
        found = ask(server.url, lambda api: api.jobs("org", "project"))
    assert sorted(each.id for each in found if int(each.id) <= 6) == ["1", "2", "3", "4", "5", "6"]
    assert len(found) == len({each.id for each in found})


def test_a_listing_with_a_job_that_cannot_be_read_is_no_listing() -> None:
    strange = listed([job(1), {"job_status": "DONE"}])
    with serving([strange]) as server, pytest.raises(ApiAnswerError, match="job_id is nothing"):
        ask(server.url, lambda api: api.jobs("org", "project"))


def test_a_listing_that_breaks_off_is_no_listing() -> None:
    with serving([listed([job(1)], more=True), reply({}, 404)]) as server, pytest.raises(ApiRefused):
        ask(server.url, lambda api: api.jobs("org", "project"))


def test_thousands_of_jobs_in_few_requests() -> None:
    with serving(paged([job(number) for number in range(5000)])) as server:
        assert len(ask(server.url, lambda api: api.jobs("org", "project"))) == 5000
        assert len(server.seen) == 10


def test_each_organisation_asks_with_its_own_token() -> None:
    api = Api(default_account=account(), accounts={"other": Account("OTHER", None, Limits())})

    async def go(url: str) -> None:
        async with Botify(url, api, environ={"TOKEN": TOKEN, "OTHER": "another"}, cwd=Path()) as client:
            await client.profile("org")
            await client.profile("other")

    with serving([PROFILE]) as server:
        anyio.run(go, server.url)
        assert [seen.headers["authorization"] for seen in server.seen] == [f"Token {TOKEN}", "Token another"]


def test_the_days_jobs_are_counted_each_once_while_new_ones_push_them_on_and_none_from_before_midnight() -> None:
    days = {0: "2025-04-12T23:59:59.999999Z", 1: "2025-04-13T00:00:00Z"}
    pages = [[9, 8], [8, 7], [6, 5], [4, 3], [2, 1]]
    jobs = [[job(each, date_created=days[int(each >= 5)]) for each in page] for page in pages]
    with serving([listed(page, more=True) for page in jobs]) as server:
        assert ask(server.url, lambda api: api.count_jobs_since("org", "2025-04-13")) == 5
        assert [seen.query["page"] for seen in server.seen] == ["1", "2", "3", "4"]


def test_without_a_token_nothing_is_sent() -> None:
    async def go(url: str) -> None:
        async with Botify(url, Api(default_account=account()), environ={}, cwd=Path()) as client:
            await client.profile("org")

    with serving([PROFILE]) as server:
        with pytest.raises(TokenMissing):
            anyio.run(go, server.url)
        assert server.seen == []


def test_requests_keep_their_distance_on_a_real_clock() -> None:
    async def go(url: str) -> float:
        async with Botify(url, Api(default_account=account(50)), environ={"TOKEN": TOKEN}, cwd=Path()) as client:
            start = time.monotonic()
            async with anyio.create_task_group() as group:
                for _ in range(26):
                    group.start_soon(client.profile, "org")
            return time.monotonic() - start

    with serving([PROFILE]) as server:
        took = anyio.run(go, server.url)
        assert len(server.seen) == 26
    assert 0.5 <= took < 3
