"""The table of jobs: ids that grow, a status that the clock alone decides, jobs that show up late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.emulator.jobs import Job, Jobs, Shown, Wanted

if TYPE_CHECKING:
    from pathlib import Path

JOB = Job("export", "org", "site", {"query": {"é": [1]}}, "user", created=100, ready=110)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "jobs.db")


def wanted(now: float = 1_000, **more: str) -> Wanted:
    return Wanted(("org",), Shown(now), ("export",), **more)


def test_a_job_comes_back_as_it_went_in(jobs: Jobs) -> None:
    job_id = jobs.add(JOB)
    assert jobs.get(job_id, Shown(100)) == replace(JOB, id=job_id)
    assert jobs.by_secret(JOB.secret) == replace(JOB, id=job_id)


def test_ids_grow_and_go_on_in_another_process(jobs: Jobs, tmp_path: Path) -> None:
    first = jobs.add(JOB)
    assert first == 1_000_001
    assert Jobs(tmp_path / "jobs.db").add(replace(JOB, secret="another")) == first + 1


@pytest.mark.parametrize(("now", "status"), [(100, "CREATED"), (104, "PROCESSING"), (110, "DONE"), (999, "DONE")])
def test_the_clock_decides_the_status(now: float, status: str) -> None:
    assert JOB.status(now) == status


def test_a_job_that_fails_takes_its_time_and_one_that_hangs_all_time() -> None:
    assert [replace(JOB, outcome="FAILED").status(now) for now in (109, 110)] == ["PROCESSING", "FAILED"]
    assert replace(JOB, outcome="HANGS").status(10**9) == "PROCESSING"


def test_a_late_job_is_nowhere_until_it_shows(jobs: Jobs) -> None:
    job_id = jobs.add(replace(JOB, visible=105))
    assert jobs.get(job_id, Shown(104)) is None
    assert jobs.page(wanted(now=104), 10, 0) == (0, [])
    assert jobs.page(wanted(now=105), 10, 0)[0] == 1


def test_pages_count_all_and_show_some(jobs: Jobs) -> None:
    ids = [jobs.add(replace(JOB, secret=str(index))) for index in range(5)]
    count, shown = jobs.page(wanted(), 2, 1)
    assert (count, [job.id for job in shown]) == (5, [ids[3], ids[2]])


def test_jobs_are_found_by_project_analysis_kind_and_organisation(jobs: Jobs) -> None:
    jobs.add(replace(JOB, secret="1", analysis="20240101"))
    jobs.add(replace(JOB, secret="2", project="other"))
    jobs.add(replace(JOB, secret="3", kind="logs_urls_export"))
    jobs.add(replace(JOB, secret="4", org="elsewhere"))
    assert jobs.page(wanted(), 10, 0)[0] == 2
    assert jobs.page(wanted(project="other"), 10, 0)[0] == 1
    assert jobs.page(wanted(analysis="20240101"), 10, 0)[0] == 1
    assert jobs.page(wanted(analysis="20240101", project="other"), 10, 0)[0] == 0


def test_what_runs_and_what_was_spent_is_counted(jobs: Jobs) -> None:
    jobs.add(replace(JOB, secret="1", credits=2.5))
    jobs.add(replace(JOB, secret="2", credits=1, outcome="HANGS"))
    jobs.add(replace(JOB, secret="3", created=50, ready=60, credits=7))
    assert [len(jobs.unfinished(["org"], now)) for now in (105, 115)] == [2, 1]
    assert jobs.unfinished(["org"], 105)[0] == 110, "the one that hangs ends last"
    assert jobs.unfinished(["elsewhere"], 105) == []
    assert jobs.spent(["org"], since=100) == (2, 3.5)
    assert jobs.spent(["org"], since=100, kind="legacy_export") == (0, 0)


def test_a_job_that_is_too_old_or_deleted_is_nowhere(jobs: Jobs) -> None:
    old, new = jobs.add(JOB), jobs.add(replace(JOB, secret="2", created=200))
    assert jobs.get(old, Shown(300, since=150)) is None
    assert jobs.page(Wanted(("org",), Shown(300, since=150), ("export",)), 10, 0)[0] == 1
    jobs.delete(new)
    assert jobs.get(new, Shown(300)) is None
