"""`run --no-wait` submits and leaves; a later run, perhaps of another machine, collects. Nothing is submitted twice."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_reviewed import SPLIT
from tests.cli.test_run import SPEC
from tests.harness import until

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

MORE = SPEC + "  - {name: more, fields: [url], depth: {max: 9}}\n"
PAGED = SPEC + "  - {name: paged, fields: [url], depth: {max: 1}, mode: list}\n"


def finished(emulator: Emulated) -> None:
    until(lambda: all(job["job_status"] == "DONE" for job in emulator.jobs()))


@pytest.mark.parametrize("spec", [MORE, SPLIT, MORE.replace("200}", "200, jobs: 1}")], ids=["plain", "split", "slots"])
@pytest.mark.parametrize("keeps_state", [True, False])
def test_a_later_run_collects_with_the_state_file_or_by_adoption(
    desk: Desk, emulator: Emulated, spec: str, keeps_state: bool
) -> None:
    desk.write("spec.yaml", spec)
    ran = desk.bqlrun("run", "spec.yaml", "--no-wait", "--json")
    assert ran.code == 0, ran.err
    assert {export["status"] for export in ran.json["exports"]} == {"submitted"}
    assert all(export["job_ids"] for export in ran.json["exports"])
    assert desk.files() == {}
    created = emulator.creations()
    assert created == len(emulator.jobs()) > 1
    assert len(emulator.downloads()) == 0
    if not keeps_state:
        shutil.rmtree(desk.folder / ".bqlrun")
    finished(emulator)
    collected = desk.bqlrun("run", "spec.yaml", "--json")
    assert collected.code == 0, collected.err
    assert {export["status"] for export in collected.json["exports"]} == {"done"}
    assert emulator.creations() == created
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert emulator.creations() == created


def test_it_does_not_wait_for_jobs_that_take_long(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", MORE)
    emulator.fault("job_hangs")
    began = time.monotonic()
    ran = desk.bqlrun("run", "spec.yaml", "--no-wait")
    assert ran.code == 0
    assert time.monotonic() - began < 20
    assert "2 submitted, for a later run to collect" in ran.out
    status = desk.bqlrun("status", "--json").json["exports"]
    assert {export["status"] for export in status} == {"submitted"}
    assert desk.bqlrun("run", "spec.yaml", "--no-wait").code == 0
    assert emulator.creations() == 2


def test_no_more_jobs_are_in_flight_than_the_spec_allows(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", MORE.replace("200}", "200, jobs: 1}"))
    emulator.fault("job_hangs")
    process = desk.start("run", "spec.yaml", "--no-wait")
    until(lambda: emulator.creations() == 1)
    time.sleep(1)
    assert (process.poll(), emulator.creations()) == (None, 1)
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 143


def test_a_split_export_that_was_left_is_one_line_of_status(desk: Desk) -> None:
    desk.write("spec.yaml", SPLIT)
    desk.bqlrun("run", "spec.yaml", "--no-wait")
    [export] = desk.bqlrun("status", "--json").json["exports"]
    assert (export["status"], len(export["job_ids"])) == ("submitted", 3)


def test_what_is_paged_needs_no_job_and_is_there_at_once(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", PAGED)
    ran = desk.bqlrun("run", "spec.yaml", "--no-wait", "--json")
    assert [export["status"] for export in ran.json["exports"]] == ["done", "submitted"]
    assert emulator.creations() == 1


def test_what_cannot_be_submitted_is_an_error_all_the_same(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, rows_per_export: 50}"))
    assert desk.bqlrun("run", "spec.yaml", "--no-wait").code == 1
    desk.write("spec.yaml", SPEC.replace("200}", "200, credits_per_day: 1}"))
    assert desk.bqlrun("run", "spec.yaml", "--no-wait").code == 4


def test_the_crawl_that_was_submitted_is_the_one_that_is_collected(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("/crawl?analysisSlug=20250413", ""))
    assert desk.bqlrun("run", "spec.yaml", "--no-wait").code == 0
    looks = len(emulator.requests("GET", "/v1/analyses"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(emulator.requests("GET", "/v1/analyses")) == looks
