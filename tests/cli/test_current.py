"""`output.current`: the stable name holds the newest crawl's file, and costs nothing to keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.test_run import SPEC
from tests.harness import assert_still, occupied, until

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

URL = "https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413"
CURRENT = SPEC.replace(URL, "{org: example-org, project: example.com, analysis: 20250413}")
CURRENT += """    output: {current: "newest/{{ project }}/{{ export }}"}
"""
NAME = "newest/example.com/titles.csv"
DATED = "example-org/example.com/{}/titles.csv"


def test_the_stable_name_holds_the_newest_crawls_file_and_its_manifest(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", CURRENT.replace("20250413}", "latest-3}"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    files = desk.files()
    assert files[NAME] == files[DATED.format("20250413")]
    manifest = json.loads(files["newest/example.com/titles.manifest.json"])
    assert (manifest["role"], manifest["analysis"], manifest["file"]) == ("current", "20250413", "titles.csv")
    assert emulator.creations() == 3


def test_a_second_run_leaves_it_alone(desk: Desk) -> None:
    desk.write("spec.yaml", CURRENT)
    desk.bqlrun("run", "spec.yaml")
    before = (desk.folder / "downloads" / NAME).stat()
    again = desk.bqlrun("run", "spec.yaml")
    assert (again.code, again.err) == (0, "")
    after = (desk.folder / "downloads" / NAME).stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def test_a_newer_crawl_takes_the_name_and_an_older_one_never_does(desk: Desk) -> None:
    desk.write("spec.yaml", CURRENT.replace("20250413}", "20250401-2}"))
    desk.bqlrun("run", "spec.yaml")
    desk.write("spec.yaml", CURRENT)
    assert f"current     example-org/example.com/20250413:titles: is now downloads/{NAME}" in (
        desk.bqlrun("run", "spec.yaml").err
    )
    newest = desk.files()[NAME]
    assert newest == desk.files()[DATED.format("20250413")]
    desk.write("spec.yaml", CURRENT.replace("20250413}", "20250401}"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert desk.files()[NAME] == newest
    assert desk.files()[DATED.format("20250401")] != newest


def test_an_older_crawl_does_not_take_it_in_a_fresh_container_either(desk: Desk) -> None:
    desk.write("spec.yaml", CURRENT)
    desk.bqlrun("run", "spec.yaml")
    newest = desk.files()[NAME]
    desk.write("spec.yaml", CURRENT.replace("20250413}", "20250401}"))
    assert desk.bqlrun("run", "spec.yaml", "--state", "fresh/state.db").code == 0
    assert desk.files()[NAME] == newest


def test_nor_where_it_looks_while_the_newer_ones_file_is_placed(desk: Desk) -> None:
    desk.write("spec.yaml", CURRENT)
    desk.bqlrun("run", "spec.yaml")
    newest = {name: body for name, body in desk.files().items() if name.startswith("newest/")}
    for name in newest:
        (desk.folder / "downloads" / name).unlink()
    desk.write("spec.yaml", CURRENT.replace("20250413}", "20250401}"))
    folder = desk.folder / "downloads" / "newest" / "example.com"
    with occupied(folder):
        process = desk.start("run", "spec.yaml", "--state", "fresh/state.db")
        until(lambda: DATED.format("20250401").replace("csv", "manifest.json") in desk.files() or any(folder.iterdir()))
        assert_still(folder)
        for name, body in newest.items():
            (desk.folder / "downloads" / name).write_bytes(body)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert {name: desk.files()[name] for name in newest} == newest


def test_what_was_deleted_or_altered_is_put_back_without_a_download(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", CURRENT)
    desk.bqlrun("run", "spec.yaml")
    files, requests = desk.files(), len(emulator.requests())
    current = desk.folder / "downloads" / NAME
    current.unlink()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    current.unlink()
    current.write_text("something else")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert desk.files() == files
    assert len(emulator.requests()) == requests


def tables(desk: Desk) -> dict[str, bytes]:
    """All files but the manifests, which say when they were made."""
    return {name: data for name, data in desk.files().items() if not name.endswith(".json")}


def test_written_into_through_either_name_both_are_made_good(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", CURRENT)
    desk.bqlrun("run", "spec.yaml")
    files = tables(desk)
    with (desk.folder / "downloads" / NAME).open("a") as current:
        current.write("a line too many\n")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert tables(desk) == files
    assert emulator.creations() == 1


def test_an_export_that_fails_leaves_what_was_there(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", CURRENT.replace("20250413}", "20250401}"))
    desk.bqlrun("run", "spec.yaml")
    before = desk.files()[NAME]
    emulator.fault("job_failed", times=0)
    desk.write("spec.yaml", CURRENT)
    assert desk.bqlrun("run", "spec.yaml").code == 1
    assert desk.files()[NAME] == before


def test_a_name_that_cannot_be_written_fails_the_export_and_the_next_run_puts_it_there(desk: Desk) -> None:
    desk.write("spec.yaml", CURRENT)
    blocked = desk.write("downloads/newest/example.com", "a file where a folder should be")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "cannot write downloads/newest/example.com/titles.csv" in ran.err
    blocked.unlink()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert NAME in desk.files()


def test_two_exports_with_one_name_are_a_spec_error(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", CURRENT.replace("/{{ export }}", "") + "  - {name: more, fields: [url]}\n")
    assert quiet_desk.bqlrun("validate", "spec.yaml").code == 0
    spec = SPEC + "  - {name: more, fields: [url]}\noutput: {current: '{{ project }}'}\n"
    quiet_desk.write("spec.yaml", spec)
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 2
    assert "the `current` of export more of example-org/example.com has the same path as the `current` of" in ran.out


def test_the_name_of_another_exports_file_is_a_spec_error(quiet_desk: Desk) -> None:
    spec = CURRENT.replace("newest/{{ project }}/{{ export }}", "{{ org }}/{{ project }}/{{ analysis }}/{{ export }}")
    quiet_desk.write("spec.yaml", spec)
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 2
    assert "has the same path as export titles of example-org/example.com" in ran.out
