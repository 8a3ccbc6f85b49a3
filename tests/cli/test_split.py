"""`depth: split`: whole crawls of hostile shapes come out complete, in few jobs, once."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from runner.emulator.embedded import embedded
from tests.harness import TOKEN, Desk, Emulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMIT = 1000
# Cumulative or not, what matters is where the rows are: rows by depth, and rows without one.
SHAPES: dict[str, tuple[list[int], int]] = {
    "one-depth": ([10, 4750, 240], 0),
    "hundred": ([30] * 100, 0),
    "no-depth": ([], 2500),
    "one-url": ([1], 0),
    "exactly": ([400, 600, 1000, 999], 1),
    "deep-null": ([900, 900, 100], 850),
}
WORLD = "tokens: {emulator: [example-org]}\norganisations:\n  example-org:\n" + "\n".join(
    f"    {name}: {{analyses: [{{slug: 20250413, depths: {depths}, without_depth: {without}}}]}}"
    for name, (depths, without) in SHAPES.items()
)
SPEC = """
version: 1
name: split
limits: {{requests_per_second: 500, rows_per_export: {limit}}}
poll: {{first: 0.05, max: 0.2}}
projects: [{{org: example-org, project: {project}}}]
exports:
  - {{name: whole, fields: [url, depth, http_code], depth: split{more}}}
"""


@pytest.fixture(scope="module")
def api(botify_of: Callable[[str], Emulated]) -> Emulated:
    return botify_of(f"{WORLD}\nbehaviour: {{job_seconds: 0.05}}\n")


@pytest.fixture
def desk(api: Emulated, tmp_path: Path) -> Desk:
    api.heal()
    return Desk(tmp_path, {"BOTIFY_API_URL": api.url, "BOTIFY_API_TOKEN": TOKEN})


def spec(desk: Desk, project: str, more: str = "", limit: int = LIMIT) -> None:
    desk.write("s.yaml", SPEC.format(project=project, more=more, limit=limit))


def rows_of(desk: Desk, project: str, name: str = "whole.csv") -> list[list[str]]:
    data = desk.files()[f"example-org/{project}/20250413/{name}"]
    text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["url", "depth", "http_code"]
    return rows


def planned(desk: Desk) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = desk.bqlrun("plan", "s.yaml", "--json").json["exports"]
    return lines


@pytest.mark.parametrize("project", SHAPES)
def test_every_url_of_a_crawl_comes_once_whatever_its_shape(desk: Desk, project: str) -> None:
    depths, without = SHAPES[project]
    spec(desk, project)
    parts = planned(desk)
    assert all(part["rows"] <= LIMIT for part in parts)
    assert sum(part["rows"] for part in parts) == sum(depths) + without
    assert desk.bqlrun("run", "s.yaml").code == 0
    rows = rows_of(desk, project)
    assert len({row[0] for row in rows}) == len(rows) == sum(depths) + without
    expected = {str(depth): count for depth, count in enumerate(depths)} | ({"": without} if without else {})
    assert Counter(row[1] for row in rows) == expected


def test_a_depth_at_the_limit_is_a_job_of_its_own_and_bands_are_few(desk: Desk) -> None:
    spec(desk, "exactly")
    assert [(part["partition"], part["rows"]) for part in planned(desk)] == [
        ("depth 0-1", 1000),
        ("depth 2", 1000),
        ("depth 3 and without depth", 1000),
    ]


def test_a_second_run_creates_no_job_and_fetches_nothing(desk: Desk, api: Emulated) -> None:
    spec(desk, "deep-null")
    first = desk.bqlrun("run", "s.yaml", "--json").json["exports"]
    jobs, downloads = len(api.jobs()), len(api.downloads())
    [again] = desk.bqlrun("run", "s.yaml", "--json").json["exports"]
    assert [again] == first
    assert len(again["job_ids"]) == len(planned(desk))
    assert (len(api.jobs()), len(api.downloads())) == (jobs, downloads)
    assert not list((desk.folder / ".bqlrun/work").rglob("*.csv"))


def test_a_whole_is_sorted_as_asked_over_all_its_jobs(desk: Desk) -> None:
    spec(desk, "one-depth", ", sort: [{field: http_code, order: desc}, url], output: {format: csv.gz}")
    assert desk.bqlrun("run", "s.yaml").code == 0
    rows = rows_of(desk, "one-depth", "whole.csv.gz")
    assert len(rows) == 5000
    assert rows == sorted(rows, key=lambda row: (-int(row[2]), row[0].encode()))


def test_if_one_part_fails_the_others_are_kept_and_paid_for_once(desk: Desk, api: Emulated) -> None:
    spec(desk, "hundred")
    before = len(api.jobs())
    api.fault("job_failed", times=1)
    failed = desk.bqlrun("run", "s.yaml", "--no-adopt")
    assert failed.code == 1
    assert desk.files() == {}
    created = len(api.jobs()) - before
    assert created == len(planned(desk))
    assert desk.bqlrun("run", "s.yaml", "--no-adopt").code == 0
    assert len(api.jobs()) - before == created + 1
    assert len(rows_of(desk, "hundred")) == 3000


def test_a_whole_whose_file_is_gone_is_fetched_again_at_no_cost(desk: Desk, api: Emulated) -> None:
    spec(desk, "deep-null", limit=950)
    assert desk.bqlrun("run", "s.yaml").code == 0
    before = desk.files()
    jobs = len(api.jobs())
    next(desk.folder.glob("downloads/**/whole.csv")).unlink()
    assert desk.bqlrun("run", "s.yaml").code == 0
    assert {name: data for name, data in desk.files().items() if name.endswith(".csv")} == {
        name: data for name, data in before.items() if name.endswith(".csv")
    }
    assert len(api.jobs()) == jobs


def test_one_line_in_the_status_whatever_the_number_of_jobs(desk: Desk) -> None:
    spec(desk, "hundred")
    desk.bqlrun("run", "s.yaml")
    status = desk.bqlrun("status", "--json").json
    assert status["totals"]["exports"] == 1
    assert len(status["exports"][0]["job_ids"]) >= 3


def test_kinds_whose_rows_no_depth_counts_are_not_split(desk: Desk) -> None:
    spec(desk, "exactly", ", template: aggregate, metrics: [count_urls_crawl]")
    result = desk.bqlrun("validate", "s.yaml")
    assert result.code == 2
    assert "cannot be split" in result.text


def test_force_that_was_broken_off_pays_for_no_part_twice(desk: Desk, api: Emulated) -> None:
    spec(desk, "deep-null")
    api.call("DELETE", "/_emulator/requests")
    assert desk.bqlrun("run", "s.yaml", "--no-adopt").code == 0
    parts, rows = api.creations(), rows_of(desk, "deep-null")
    api.fault("status", status=403, method="POST", path="/v1/jobs", skip=1)
    assert desk.bqlrun("run", "s.yaml", "--force").code == 1
    refused = 1
    api.heal()
    for export in desk.bqlrun("plan", "s.yaml", "--json").json["exports"]:
        assert export["action"] == "skip"
        assert re.search(f"[12] of {parts} parts were exported again", export["reason"])
    there = gathered(desk)
    assert desk.bqlrun("run", "s.yaml").code == 0
    assert gathered(desk) == there != []
    assert desk.bqlrun("run", "s.yaml", "--force").code == 0
    assert api.creations() == 2 * parts + refused
    assert rows_of(desk, "deep-null") == rows
    assert desk.bqlrun("run", "s.yaml", "--force").code == 0
    assert api.creations() == 3 * parts + refused


def gathered(desk: Desk) -> list[str]:
    """The parts that wait for the others."""
    return sorted(path.name for path in desk.folder.glob(".bqlrun/work/parts/*/*.csv"))


def test_force_that_was_broken_off_before_a_whole_was_ever_done_pays_for_no_part_twice(
    desk: Desk, api: Emulated
) -> None:
    spec(desk, "hundred")
    api.call("DELETE", "/_emulator/requests")
    api.fault("status", status=403, method="POST", path="/v1/jobs", skip=2)
    assert desk.bqlrun("run", "s.yaml", "--force").code == 1
    refused = 1
    assert gathered(desk) != []
    api.heal()
    assert desk.bqlrun("run", "s.yaml", "--force").code == 0
    [export] = desk.bqlrun("status", "--json").json["exports"]
    assert api.creations() == len(export["job_ids"]) + refused


def test_a_whole_that_force_exported_before_a_limit_stopped_it_is_not_exported_again(desk: Desk, api: Emulated) -> None:
    def two(limit: int) -> None:
        limits = f"{{requests_per_second: 500, rows_per_export: {LIMIT}, jobs: 1, exports_per_day: {limit}}}"
        text = SPEC.format(project="exactly", more="", limit=LIMIT).partition("limits:")
        rest = text[2].partition("\n")[2]
        desk.write("s.yaml", f"{text[0]}limits: {limits}\n{rest}  - {{name: zz, fields: [url], depth: {{max: 0}}}}\n")

    api.call("DELETE", "/_emulator/requests")
    two(1000)
    assert desk.bqlrun("run", "s.yaml", "--no-adopt", "--select", "whole").code == 0
    parts = api.creations()
    today = len(api.jobs())
    two(today + parts)
    assert desk.bqlrun("run", "s.yaml", "--force").code == 4
    assert api.creations() == 2 * parts
    two(1000)
    assert desk.bqlrun("run", "s.yaml", "--force", "--no-adopt").code == 0
    assert api.creations() == 2 * parts + 1


@pytest.mark.parametrize("broken_off", ["left", "failed"])
def test_parts_that_force_paid_for_are_collected_by_the_next_run(desk: Desk, api: Emulated, broken_off: str) -> None:
    spec(desk, "deep-null")
    assert desk.bqlrun("run", "s.yaml", "--no-adopt").code == 0
    [first] = desk.bqlrun("status", "--json").json["exports"]
    api.call("DELETE", "/_emulator/requests")
    if broken_off == "left":
        assert desk.bqlrun("run", "s.yaml", "--force", "--no-wait").code == 0
    else:
        api.fault("expired", times=0)
        assert desk.bqlrun("run", "s.yaml", "--force").code == 1
        api.heal()
    assert api.creations() == len(first["job_ids"])
    assert desk.bqlrun("run", "s.yaml").code == 0
    [second] = desk.bqlrun("status", "--json").json["exports"]
    assert api.creations() == len(second["job_ids"])
    assert not set(first["job_ids"]) & set(second["job_ids"])
    assert "nothing was left to do" in desk.bqlrun("run", "s.yaml").text


MOVED = """
tokens: {{emulator: [example-org]}}
organisations: {{example-org: {{moved: {{analyses: [{{slug: 20250413, depths: {depths}}}]}}}}}}
behaviour: {{job_seconds: 0}}
"""


def test_parts_that_are_not_all_of_the_crawl_are_not_put_together(tmp_path: Path) -> None:
    """The crawl is another one when the second part is exported: each part is right, and both are not the whole."""
    world = tmp_path / "world.yaml"
    world.write_text(MOVED.format(depths=[600, 600]), encoding="utf-8")
    with embedded(tmp_path / "data", config=world) as url:
        desk = Desk(tmp_path, {"BOTIFY_API_URL": url, "BOTIFY_API_TOKEN": TOKEN})
        spec(desk, "moved")
        Emulated(url, tmp_path / "data").fault("job_failed", times=1)
        assert desk.bqlrun("run", "s.yaml").code == 1
    world.write_text(MOVED.format(depths=[610, 620]), encoding="utf-8")
    with embedded(tmp_path / "data", config=world, port=url.rpartition(":")[2]):
        failed = desk.bqlrun("run", "s.yaml")
        assert failed.code == 1
        assert re.search("the parts have 1,2[12]0 rows together, and the whole has 1,230", failed.text)
        assert desk.files() == {}
        accepted = desk.bqlrun("run", "s.yaml", "--accept-rows")
        assert accepted.code == 0
        assert len(rows_of(desk, "moved")) in {1210, 1220}
