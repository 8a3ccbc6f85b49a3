"""What a run tells while it goes on: to a log, to a machine, and to a person at a real pseudo-terminal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from runner.run.events import Event
from runner.schemacheck import violations
from runner.show.live import fit, view, width_of
from runner.show.tally import Tally
from tests.cli.test_reviewed import SPLIT
from tests.cli.test_run import SPEC
from tests.harness import until
from tests.terminal import Terminal

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated


@pytest.mark.parametrize("spec", [SPEC, SPLIT, SPEC.replace("200}", "200, credits_per_day: 1}")])
def test_every_json_line_of_a_run_keeps_to_the_schema(desk: Desk, spec: str) -> None:
    desk.write("spec.yaml", spec)
    desk.environ["BQLRUN_HEARTBEAT"] = "0.1"
    for _ in range(2):
        ran = desk.bqlrun("run", "spec.yaml", "--log-format", "json", "--json", "-v")
        events = [json.loads(line) for line in ran.err.splitlines()]
        assert events
        assert [list(violations("event", event)) for event in events] == [[]] * len(events)


def test_what_a_glob_finds_is_told_and_counted_before_any_of_it_is_done(desk: Desk) -> None:
    found = "{org: example-org, match: 'example.*'}"
    desk.write(
        "spec.yaml", SPEC.replace("https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413", found)
    )
    ran = desk.bqlrun("run", "spec.yaml", "--log-format", "json", "--json")
    first = json.loads(ran.err.splitlines()[0])
    assert list(violations("event", first)) == []
    assert (first["event"], first["exports"]) == ("found", 2)
    assert first["text"] == "2 projects that the spec does not name"
    tally = Tally(0, 0)
    tally.note(Event("found", "", "", {"exports": 60}), 1)
    assert view(tally, 2)[0] == "0 of 60 exports in place"


def test_a_log_that_stands_still_gets_a_heartbeat(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_hangs")
    desk.environ["BQLRUN_HEARTBEAT"] = "1"
    process = desk.start("run", "spec.yaml")
    until(lambda: emulator.creations() == 1)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert re.search(r"^heartbeat   0 of 1 export in place · 0:0\d · 1 exporting$", err, re.MULTILINE)
    assert "\x1b" not in err


def test_the_view_stays_small_whatever_the_number_of_exports() -> None:
    tally = Tally(1000, 0)
    for number in range(1000):
        tally.note(Event("planned", f"export-{number}", ""), 0)
    for number in range(400):
        tally.note(Event("created", f"export-{number}", ""), number / 100)
    for number in range(100):
        tally.note(Event("done", f"export-{number}", "", {"rows": 1000, "bytes": 10_000}), 10)
    shown = view(tally, 20)
    assert len(shown) <= 15
    assert shown[0] == ("100 of 1,000 exports in place · 100,000 rows, 1.0 MB · 5,000 rows/s")
    assert shown[1] == "0:20, about 3:00 left · 300 exporting · 600 waiting"
    assert shown[-1] == "  and 290 more"


def test_parts_move_and_are_not_counted_as_exports() -> None:
    tally = Tally(1, 0)
    tally.note(Event("planned", "whole", ""), 0)
    for part in ("whole [a]", "whole [b]"):
        tally.note(Event("planned", part, "", {"partition": part}), 0)
        tally.note(Event("done", part, "", {"partition": part, "rows": 5}), 0)
    tally.note(Event("assembling", "whole", ""), 0)
    assert tally.totals(5).startswith("0 of 1 export in place")
    tally.note(Event("done", "whole", "", {"rows": 10, "bytes": 10}), 5)
    assert tally.totals(5).startswith("1 of 1 export in place · 10 rows")


@pytest.mark.parametrize("text", ["plain", "日本語の名前", "é" * 30, "a" * 100])
def test_a_line_never_takes_more_columns_than_there_are(text: str) -> None:
    assert all(width_of(fit(text, columns)) <= columns for columns in range(1, 40))


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_gets_a_live_view_that_fits(desk: Desk, emulator: Emulated, columns: int, colour: bool) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_hangs")
    terminal = Terminal(desk, columns, "run", "spec.yaml", **({} if colour else {"NO_COLOR": "1"}))
    name = "example-org/example.com/20250413:titles"
    until(lambda: "exporting" in terminal.shown)
    assert terminal.interrupt() == 130
    shown = re.sub(r"\x1b\[\d*[A-Z]", "", terminal.shown)
    assert ("\x1b[" in shown) is colour
    lines = re.sub(r"\x1b\[\d*m", "", shown).replace("\r", "").split("\n")
    assert all(len(line) < columns for line in lines if "in place" in line or line.startswith("  exporting"))
    assert any(line == "0 of 1 export in place" for line in lines)
    assert any(line.startswith("  exporting") and line.endswith((name, "…")) for line in lines)
    assert "in flight, and noted: titles of example-org/example.com" in " ".join(line.strip() for line in lines)
    assert not any(line.startswith("planned") for line in lines)


def test_a_terminal_that_changes_its_width_is_drawn_for_the_new_one(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    emulator.fault("job_hangs")
    terminal = Terminal(desk, 120, "run", "spec.yaml")
    until(lambda: "20250413:titles" in terminal.shown)
    terminal.resize(30)
    until(lambda: "…" in terminal.shown)
    # Three lines were drawn; the last, of 62 columns, takes three of the narrower terminal's, so five go.
    assert "\x1b[5F\x1b[J" in terminal.shown
    assert terminal.interrupt() == 130


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_move_gets_plain_lines(desk: Desk, environ: dict[str, str]) -> None:
    desk.write("spec.yaml", SPEC)
    terminal = Terminal(desk, 80, "run", "spec.yaml", **environ)
    assert terminal.end() == 0
    assert "\x1b" not in terminal.shown
    assert "downloading example-org/example.com/20250413:titles" in terminal.shown
