"""A run as JUnit XML: a test case for each export, as CI servers show them."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.run.outcome import Outcome, RunResult
    from runner.state.moments import Phase

# What XML 1.0 cannot hold, not even as a reference.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: RunResult, lives: Mapping[str, Mapping[Phase, float]]) -> bytes:
    """Done is passed, failed is a failure with its message, what is left for the next run is skipped.

    `lives` tells by path when each phase of an export began. What stands in it is what Jenkins' schema of JUnit knows.
    """
    cases = [_case(outcome, lives) for outcome in result.outcomes]
    for combined in result.combined:
        case = Element("testcase", classname="combined", name=_text(combined.export))
        if combined.error:
            _failure(case, combined.error)
        cases.append(case)
    counts = {"tests": str(len(cases)), "errors": "0"}
    counts["failures"] = str(sum(case.find("failure") is not None for case in cases))
    counts["time"] = f"{sum(float(case.attrib.get('time', 0)) for case in cases):.3f}"
    skipped = {"skipped": str(sum(case.find("skipped") is not None for case in cases))}
    root = Element("testsuites", {"name": "bqlrun", **counts})
    SubElement(root, "testsuite", {"name": "exports", **counts, **skipped}).extend(cases)
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _case(outcome: Outcome, lives: Mapping[str, Mapping[Phase, float]]) -> Element:
    planned = outcome.planned
    place = {"classname": f"{planned.org}/{planned.project}", "name": f"{planned.analysis}:{planned.export}"}
    case = Element("testcase", {name: _text(value) for name, value in place.items()})
    life = lives.get(outcome.record.path, {}) if outcome.record and outcome.worked else {}
    # Of one during which the clock was set back nobody knows how long it took.
    if "ended" in life and life.get("waiting", inf) <= life["ended"]:
        case.set("time", f"{life['ended'] - life['waiting']:.3f}")
    if outcome.error:
        _failure(case, outcome.error)
    elif outcome.status != "done":
        SubElement(case, "skipped", message=f"{outcome.status}: left for the next run")
    return case


def _failure(case: Element, error: Exception) -> None:
    failure = SubElement(case, "failure", message=_text(str(error)), type=type(error).__name__)
    failure.text = _text(str(error))


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
