"""What a plan says of the time ahead and of the day's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk

MORE = SPEC + "  - {name: more, fields: [url], depth: {max: 9}}\n"
LIMITED = SPEC.replace("200}", "200, exports_per_day: 3, credits_per_day: 550}")


def test_the_time_is_unknown_until_a_run_has_told(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    assert "estimated time: unknown" in desk.bqlrun("plan", "spec.yaml").out
    assert desk.bqlrun("plan", "spec.yaml", "--json").json["estimate"] == {"seconds": None}
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert "estimated" not in desk.bqlrun("plan", "spec.yaml").out
    desk.write("spec.yaml", MORE)
    assert "estimated time: about 0:0" in desk.bqlrun("plan", "spec.yaml").out
    # Five times the rows of the only job that is known.
    assert 0.1 < desk.bqlrun("plan", "spec.yaml", "--json").json["estimate"]["seconds"] < 60


def test_limits_of_the_day_say_what_is_used_and_what_is_left(desk: Desk) -> None:
    desk.write("spec.yaml", LIMITED)
    shown = desk.bqlrun("plan", "spec.yaml").out
    assert "example-org: 0 of 3 exports used today, 1 more by this plan: 2 left" in shown
    assert "example-org: 0 of 550 credits used today, 100 more by this plan: 450 left" in shown
    assert desk.bqlrun("run", "spec.yaml").code == 0
    desk.write("spec.yaml", LIMITED + "  - {name: more, fields: [url], depth: {max: 9}}\n")
    plan = desk.bqlrun("plan", "spec.yaml", "--json").json
    assert plan["quota"] == [
        {
            "org": "example-org",
            "exports_per_day": 3,
            "credits_per_day": 550,
            "used": {"exports": 1, "credits": 100},
            "plan": {"exports": 1, "credits": 500},
        }
    ]
    assert "50 too many, for later days" in desk.bqlrun("plan", "spec.yaml").out
    desk.write("spec.yaml", LIMITED.replace("credits_per_day: 550", "credits_per_day: 50"))
    assert "100 of 50 credits used today, 0 more by this plan: 0 left" in desk.bqlrun("plan", "spec.yaml").out


def test_without_limits_nothing_is_said_of_them(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    assert desk.bqlrun("plan", "spec.yaml", "--json").json["quota"] == []
