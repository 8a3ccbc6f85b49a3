"""Four machines do one spec's work: each its share, together all of it, and nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

SPEC = """
version: 1
name: agency
limits: {requests_per_second: 400, exports_per_day: 40}
poll: {first: 0.1, max: 0.5}
projects:
  - https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413
exports:
""" + "".join(
    f"  - {{name: e{number}, fields: [url], depth: {{max: 1}},"
    f" filters: {{field: byte_size, predicate: gt, value: {number}}}}}\n"
    for number in range(12)
)
SHARDS = [f"{number}/4" for number in range(1, 5)]


def test_four_shards_do_the_work_of_one_run_and_their_state_is_merged(desk: Desk, emulator: Emulated) -> None:
    desk.write("agency.yaml", SPEC)

    def one(shard: str) -> int:
        state = f".bqlrun/shard-{shard[0]}.db"
        return desk.bqlrun("run", "agency.yaml", "--shard", shard, "--state", state).code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, SHARDS)) == [0, 0, 0, 0]
    assert emulator.creations() == 12
    tree = desk.files()
    assert len([name for name in tree if name.endswith(".csv")]) == 12
    merged = desk.bqlrun("state", "merge", *(f".bqlrun/shard-{shard[0]}.db" for shard in SHARDS), "--json")
    assert merged.code == 0, merged.err
    assert sum(each["exports"] for each in merged.json["files"]) == 12
    emulator.call("DELETE", "/_emulator/requests")
    again = desk.bqlrun("run", "agency.yaml")
    assert again.code == 0
    assert "nothing was left to do" in again.out
    assert emulator.creations() == 0
    assert emulator.downloads() == []
    assert desk.files() == tree


def test_one_question_under_two_names_is_one_shards_and_paid_for_once(desk: Desk, emulator: Emulated) -> None:
    """By their names alone `e0` and `e1` are on different shards of two: started together, both would submit."""
    twins = SPEC.partition("exports:\n")[0] + "exports:\n"
    twins += "".join(f"  - {{name: e{each}, fields: [url], depth: {{max: 1}}}}\n" for each in range(2))
    apart = [len(plan(desk, twins.replace("name: e1, fields: [url]", "name: e1, fields: [h1]"), each)) for each in "12"]
    assert apart == [1, 1]
    assert sorted(len(plan(desk, twins, each)) for each in "12") == [0, 2]
    with ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda each: desk.bqlrun("run", "twins.yaml", "--shard", f"{each}/2", *own_state(each)), "12")
        assert [ran.code for ran in runs] == [0, 0]
    assert emulator.creations() == 1
    assert len([name for name in desk.files() if name.endswith(".csv")]) == 2


def own_state(shard: str) -> tuple[str, str]:
    return "--state", f".bqlrun/shard-{shard}.db"


def plan(desk: Desk, text: str, shard: str) -> list[object]:
    desk.write("twins.yaml", text)
    exports: list[object] = desk.bqlrun("plan", "twins.yaml", "--shard", f"{shard}/2", "--json").json["exports"]
    return exports


def test_a_shards_part_of_the_quota_ends_its_run(desk: Desk, emulator: Emulated) -> None:
    desk.write("agency.yaml", SPEC.replace("exports_per_day: 40", "exports_per_day: 5"))
    planned = desk.bqlrun("plan", "agency.yaml", "--shard", "1/4", "--json").json["exports"]
    assert 2 < len(planned) < 12
    ended = desk.bqlrun("run", "agency.yaml", "--shard", "1/4")
    assert ended.code == 4
    assert "this shard's part of exports_per_day is 2" in ended.err
    assert emulator.creations() == 2


def test_a_reviewed_plan_keeps_its_shard(desk: Desk, emulator: Emulated) -> None:
    desk.write("agency.yaml", SPEC)
    planned = desk.bqlrun("plan", "agency.yaml", "--shard", "2/4", "--out", "plan.json", "--json").json["exports"]
    assert desk.bqlrun("run", "--plan", "plan.json").code == 0
    assert emulator.creations() == len(planned) < 12


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_share_that_is_none_is_a_clear_error(desk: Desk, command: str) -> None:
    desk.write("agency.yaml", SPEC)
    wrong = desk.bqlrun(command, "agency.yaml", "--shard", "5/4")
    assert wrong.code == 2
    assert wrong.err == ("bqlrun: --shard 5/4 is no share of the work (`--shard 2/4` is the second of four machines)\n")


def test_a_state_file_to_merge_that_is_not_there_is_a_mistake_of_the_command_line(quiet_desk: Desk) -> None:
    ran = quiet_desk.bqlrun("state", "merge", "shard-1.db")
    assert (ran.code, list(quiet_desk.folder.iterdir())) == (2, [])
    assert "there is no state file shard-1.db (name those of the other shards)" in ran.err
