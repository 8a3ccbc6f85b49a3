"""What an account may do in a day: each by itself, and what no day is enough for is said before anything is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

BIG = "  - {name: big, fields: [url], depth: {max: 9}}\n"


def test_an_account_that_has_reached_its_limit_does_not_stop_another(desk: Desk, emulator: Emulated) -> None:
    text = SPEC.replace("200}", "200, exports_per_day: 1, jobs: 1}").replace(
        "exports:", "  - {org: other-org, project: other.example}\nexports:", 1
    )
    own = "{env: OTHER_TOKEN, limits: {exports_per_day: 2}}"
    desk.write("spec.yaml", f"{text}{BIG}api: {{tokens: {{other-org: {own}}}}}\n")
    desk.environ["OTHER_TOKEN"] = "other-token"
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 4
    done = sorted(each["org"] for each in ran.json["exports"] if each["status"] == "done")
    assert done == ["example-org", "other-org", "other-org"]
    assert emulator.creations() == 3


def test_what_no_day_is_enough_for_is_said_at_plan_time_and_leaves_the_others_alone(
    desk: Desk, emulator: Emulated
) -> None:
    told = "credits_per_day allows 450: no day is enough for it (raise credits_per_day, or narrow the export)"
    limited = SPEC.replace("200}", "200, jobs: 1, credits_per_day: 450}")
    desk.write("spec.yaml", limited.replace("exports:\n", f"exports:\n{BIG}"))
    big, _ = desk.bqlrun("plan", "spec.yaml", "--json").json["exports"]
    assert big["action"] == "submit"
    assert told in big["reason"]
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 4
    assert told in ran.err
    assert "00:00 UTC" not in ran.err
    assert [each["status"] for each in ran.json["exports"]] == ["pending", "done"]
    assert emulator.creations() == 1


def test_what_is_too_much_for_a_shards_part_says_so(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, credits_per_day: 150}"))
    plans = [desk.bqlrun("plan", "spec.yaml", "--shard", f"{each}/2", "--json").json["exports"] for each in (1, 2)]
    [export] = [each for plan in plans for each in plan]
    assert "allows 75, this one's part of it among 2 shards: no day is enough for it" in export["reason"]
    assert "run it without --shard" in export["reason"]


def test_force_that_a_limit_stopped_goes_on_with_what_is_left_and_the_next_one_begins_anew(
    desk: Desk, emulator: Emulated
) -> None:
    def spec(limit: str) -> None:
        desk.write("spec.yaml", f"{SPEC.replace('200}', f'200, jobs: 1, {limit}}}')}{BIG}")

    spec("exports_per_day: 10")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    first = {each["export"]: each["job_ids"] for each in desk.bqlrun("status", "--json").json["exports"]}
    spec("exports_per_day: 3")
    assert desk.bqlrun("run", "spec.yaml", "--force").code == 4
    assert emulator.creations() == 3
    spec("exports_per_day: 10")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    actions = [each["action"] for each in desk.bqlrun("plan", "spec.yaml", "--force", "--json").json["exports"]]
    assert sorted(actions) == ["skip", "submit"]
    assert desk.bqlrun("run", "spec.yaml", "--force").code == 0
    assert emulator.creations() == 4
    second = {each["export"]: each["job_ids"] for each in desk.bqlrun("status", "--json").json["exports"]}
    assert not {*first["titles"], *first["big"]} & {*second["titles"], *second["big"]}
    assert desk.bqlrun("run", "spec.yaml", "--force").code == 0
    assert emulator.creations() == 6


def test_force_that_only_submits_has_done_all_that_it_was_to_do(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    for times in (1, 2, 3):
        assert desk.bqlrun("run", "spec.yaml", "--force", "--no-wait").code == 0
        assert desk.bqlrun("run", "spec.yaml").code == 0
        assert emulator.creations() == times
