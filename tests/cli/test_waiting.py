"""Waiting for jobs as a process: few requests for many jobs, patience with what is strange, reasons for failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_run import SPEC
from tests.conftest import WORLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Desk, Emulated

MANY = (
    SPEC.partition("exports:")[0].replace("requests_per_second: 200", "requests_per_second: 200, jobs: 40")
    + "exports:\n"
)
MANY += "".join(
    f"  - {{name: e{n}, fields: [url], filters: {{field: byte_size, predicate: gt, value: {n}}}}}\n" for n in range(40)
)


def test_many_jobs_are_watched_by_pages_of_the_job_list(desk: Desk, botify_of: Callable[[str], Emulated]) -> None:
    desk.write("spec.yaml", MANY)
    # Jobs that take longer than it takes to create them all: so many wait at once.
    slow = botify_of(WORLD.replace("job_seconds: 0.2", "job_seconds: 4"))
    desk.environ["BOTIFY_API_URL"] = slow.url
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    assert slow.creations() == 40
    # One look each would be forty at the least; the first few are alone when they are due.
    assert len(slow.requests("GET", "/v1/jobs/")) < 30


def test_a_status_that_nobody_has_seen_means_wait_with_one_warning(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("timeout: 60", "timeout: 2"))
    emulator.fault("job_status", status="MARINATING")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert ran.err.count("MARINATING, which nobody has seen before") == 1
    assert len(emulator.requests("GET", "/v1/jobs/")) < 20


def test_a_job_of_an_unseen_status_is_waited_for_in_a_fresh_container_too_until_somebody_says_force(
    desk: Desk, emulator: Emulated
) -> None:
    desk.write("spec.yaml", SPEC.replace("timeout: 60", "timeout: 1"))
    emulator.fault("job_status", status="MARINATING", times=1)
    assert desk.bqlrun("run", "spec.yaml", "--no-wait").code == 0
    waited = desk.bqlrun("run", "spec.yaml", "--state", "fresh/state.db")
    assert waited.code == 1
    assert "if it never ends, only --force exports it again" in waited.err
    assert emulator.creations() == 1
    forced = desk.bqlrun("run", "spec.yaml", "--state", "fresh/state.db", "--force")
    assert forced.code == 0, forced.err
    assert emulator.creations() == 2


def test_a_job_under_way_is_used_before_a_newer_one_of_an_unseen_status(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("timeout: 60", "timeout: 1"))
    emulator.fault("job_hangs", times=1)
    [first] = desk.bqlrun("run", "spec.yaml", "--no-wait", "--json").json["exports"]
    emulator.fault("job_status", status="MARINATING", times=1)
    [other] = desk.bqlrun("run", "spec.yaml", "--no-wait", "--no-adopt", "--state", "b.db", "--json").json["exports"]
    assert other["job_ids"] != first["job_ids"]
    [planned] = desk.bqlrun("plan", "spec.yaml", "--state", "c.db", "--json").json["exports"]
    assert (planned["action"], [planned["job"]]) == ("resume", first["job_ids"])


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 404},
        {"fault": "status", "status": 500},
        {"fault": "status", "status": 429},
        {"fault": "html", "status": 200},
        {"fault": "redirect", "location": "http://127.0.0.1:1/"},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault.get('status', 302)}",
)
def test_a_look_that_goes_wrong_is_no_failure_of_the_export(
    desk: Desk, emulator: Emulated, fault: dict[str, Any]
) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault(**fault, method="GET", path="/v1/jobs/*", times=2)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    assert emulator.creations() == 1


def test_a_job_that_the_api_no_longer_knows_is_said_at_once(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("run", "spec.yaml", "--no-wait").code == 0
    emulator.fault("status", status=404, method="GET", path="/v1/jobs/*", times=0)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "404" in ran.err
    assert emulator.creations() == 1


def test_a_failed_job_is_explained_by_its_own_query(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_failed")
    emulator.fault("status", status=400, method="POST", path="/v1/projects/*/query", skip=2)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "asked for one row, its query is refused" in ran.err


def test_a_failed_job_whose_query_is_answered_says_so(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_failed")
    assert "its query is answered" in desk.bqlrun("run", "spec.yaml").err


def test_fail_fast_submits_nothing_more_and_lets_what_is_paid_for_arrive(desk: Desk, emulator: Emulated) -> None:
    head, _, paid = SPEC.partition("  - name: titles")
    refused = "  - {name: refused, fields: [url], depth: all}\n"
    new = "  - {name: new, fields: [http_code], depth: {max: 2}}\n"
    head = head.replace("requests_per_second: 200", "requests_per_second: 200, rows_per_export: 450")
    desk.write("spec.yaml", f"{head}{refused}  - name: titles{paid}{new}")
    assert desk.bqlrun("run", "spec.yaml", "--select", "titles", "--no-wait").code == 0
    assert emulator.creations() == 1
    ran = desk.bqlrun("run", "spec.yaml", "--fail-fast", "--json")
    assert ran.code == 1, ran.text
    assert {each["export"]: each["status"] for each in ran.json["exports"]} == {
        "refused": "failed",
        "titles": "done",
        "new": "pending",
    }
    assert "--fail-fast" in ran.err
    assert emulator.creations() == 1


def test_fail_fast_submits_nothing_while_it_is_asked_why_a_job_failed(desk: Desk, emulator: Emulated) -> None:
    spec = SPEC.replace("requests_per_second: 200", "requests_per_second: 200, jobs: 1")
    desk.write("spec.yaml", spec + "  - {name: more, fields: [url, http_code], depth: {max: 2}}\n")
    emulator.fault("job_failed")
    emulator.fault("delay", seconds=0.5, method="POST", path="/v1/projects/*/query", times=0)
    ran = desk.bqlrun("run", "spec.yaml", "--fail-fast", "--json")
    assert ran.code == 1, ran.text
    assert sorted(each["status"] for each in ran.json["exports"]) == ["failed", "pending"]
    assert emulator.creations() == 1


def test_fail_fast_is_of_the_whole_command(desk: Desk, emulator: Emulated) -> None:
    desk.write("1.yaml", SPEC)
    desk.write(
        "2.yaml", SPEC.replace("name: test", "name: other").replace("titles", "urls").replace("max: 2", "max: 1")
    )
    emulator.fault("status", status=403, method="POST", path="/v1/jobs")
    ran = desk.bqlrun("run", "1.yaml", "2.yaml", "--fail-fast", "--json")
    assert ran.code == 1, ran.text
    assert [each["status"] for each in ran.json["exports"]] == ["failed", "pending"]
    assert emulator.jobs() == []
    assert desk.bqlrun("run", "1.yaml", "2.yaml", "--fail-fast").code == 0
