"""`bqlrun status` in one screen, and only what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.state.exports import ExportRecord
from runner.state.store import State
from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from tests.harness import Desk


def filled(desk: Desk) -> None:
    """Fifty exports that are done, two of another spec that failed."""
    with State(desk.folder / ".bqlrun" / "state.db", "api") as state:
        for number in range(52):
            failed = number >= 50
            state.exports.put(
                ExportRecord(
                    f"out/{number}.csv", "two" if failed else "one", "api", "org", f"site{number:02}", "20250413",
                    "titles", None, str(number), "csv", "failed" if failed else "done", rows=10,
                    error="it broke" if failed else None,
                )
            )  # fmt: skip


def test_a_big_state_file_is_one_screen_with_what_failed_first(quiet_desk: Desk) -> None:
    filled(quiet_desk)
    shown = quiet_desk.bqlrun("status").out
    assert len(shown.splitlines()) < 35
    assert [line.split()[1] for line in shown.splitlines()[1:4]] == ["failed", "failed", "done"]
    assert "and 32 more: --all" in shown
    assert shown.splitlines()[-1].startswith("52 exports: 50 done, 2 failed; 500 rows")
    assert len(quiet_desk.bqlrun("status", "--all").out.splitlines()) > 52
    assert len(quiet_desk.bqlrun("status", "--json").json["exports"]) == 52


def test_filters_pick_by_name_spec_and_failure(quiet_desk: Desk) -> None:
    filled(quiet_desk)

    def picked(*options: str) -> list[str]:
        exports = quiet_desk.bqlrun("status", "--json", *options).json["exports"]
        return [export["project"] for export in exports]

    assert picked("--failed") == picked("--spec", "two") == ["site50", "site51"]
    assert picked("--select", "org/site0*", "--select", "*/site51:titles") == [
        *(f"site0{n}" for n in range(10)),
        "site51",
    ]
    assert picked("--spec", "one", "--failed") == []
    assert "52 exports, and none is meant" in quiet_desk.bqlrun("status", "--select", "other").out
    assert "did you mean `titles`?" in quiet_desk.bqlrun("status", "--select", "titels").out
    assert "did you mean `org/site07`?" in quiet_desk.bqlrun("status", "--select", "site07").out
    assert "did you mean `two`?" in quiet_desk.bqlrun("status", "--spec", "tow").out
    assert "52 exports, and none failed" in quiet_desk.bqlrun("status", "--failed", "--spec", "one").out
    assert "did you mean `titles`?" in quiet_desk.bqlrun("state", "forget", "titels").err
    assert quiet_desk.bqlrun("status", "--select", "label:x").code == 2


def test_what_a_run_left_is_found_by_its_spec(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    assert "1 export: 1 done" in desk.bqlrun("status", "--spec", "test").out


def test_what_a_run_refused_is_there_until_a_run_finds_it_put_right(desk: Desk) -> None:
    good = SPEC.replace("200}", "200, rows_per_export: 300}") + "  - {name: depths, fields: [url], depth: {max: 1}}\n"
    too_large = good.replace("{max: 1}", "all")
    desk.write("spec.yaml", too_large.replace("example.com/crawl?analysisSlug=20250413", "exmaple.com/"))
    assert desk.bqlrun("run", "spec.yaml").code == 1
    found = desk.bqlrun("status", "--failed", "--json").json
    assert [(each["analysis"], each["export"], each["path"]) for each in found["exports"]] == [
        ("latest", "depths", None),
        ("latest", "titles", None),
    ]
    assert all("example-org has no project exmaple.com" in each["error"] for each in found["exports"])
    assert "2 exports: 2 failed" in desk.bqlrun("status").out
    desk.bqlrun("report")
    page = (desk.folder / "report.html").read_text()
    assert page.count("example-org has no project exmaple.com") == 2
    assert "(refused)" not in page
    desk.write("spec.yaml", too_large)
    assert desk.bqlrun("run", "spec.yaml", "--select", "titles").code == 0
    left = [(each["export"], each["status"]) for each in desk.bqlrun("status", "--json").json["exports"]]
    assert sorted(left) == [("depths", "failed"), ("titles", "done")]
    desk.write("spec.yaml", good)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert "2 exports: 2 done" in desk.bqlrun("status").out


def test_a_refusal_says_nothing_against_the_file_that_is_there(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    desk.bqlrun("run", "spec.yaml")
    desk.write("spec.yaml", SPEC.replace("200}", "200, rows_per_export: 10}"))
    assert desk.bqlrun("run", "spec.yaml").code == 1
    assert sorted(each["status"] for each in desk.bqlrun("status", "--json").json["exports"]) == ["done", "failed"]
    assert desk.bqlrun("state", "verify").code == 0
