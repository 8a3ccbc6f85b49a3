"""What `doctor` found, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.doctor.finding import exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.doctor.finding import Finding
    from runner.jsonvalue import JsonObject

MARKS = {True: "✓", False: "✗", None: "·"}


def health_json(findings: Sequence[Finding]) -> JsonObject:
    """The object that `bqlrun doctor --json` prints; `ok` is null for what is neither good nor bad."""
    checks = [{"check": each.check, "ok": each.ok, "text": each.text, "hint": each.hint or None} for each in findings]
    return {"ok": exit_code(findings) == 0, "checks": checks}


def health_text(findings: Sequence[Finding]) -> str:
    """A line a finding, and what it comes to."""
    lines = [f"{MARKS[each.ok]} {each.check:<7}  {each.text}{_todo(each)}" for each in findings]
    wrong = sum(each.ok is False for each in findings)
    last = f"{wrong} to put right before a run" if wrong else "a run would work"
    return "\n".join([*lines, "", last])


def _todo(finding: Finding) -> str:
    return f" ({finding.hint})" if finding.hint else ""
