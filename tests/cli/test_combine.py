"""`combine: projects`: one table over all projects, made anew only when a part of it changed, and never a worse one."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import duckdb

from tests.cli.test_run import SPEC, rows_of
from tests.harness import assert_still, occupied, until

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated

COMBINED = SPEC.replace("/example.com/crawl?analysisSlug=20250413", "/example.com/")
COMBINED = COMBINED.replace("exports:", "  - {org: example-org, project: example.fr}\nexports:")
COMBINED += "    combine: projects\n"
NAME = "combined/test/titles.csv"
COM, FR = (f"example-org/{project}/20250413/titles.csv" for project in ("example.com", "example.fr"))


def test_the_table_has_every_row_of_every_project_with_whose_it_is(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED)
    ran = desk.bqlrun("run", "spec.yaml", "--json")
    assert ran.code == 0, ran.err
    files = desk.files()
    table = rows_of(files[NAME])
    assert table[0] == ["org", "project", "analysis", "url", "metadata.title.content", "metadata.h1.contents"]
    expected = [
        ["example-org", project, "20250413", *row]
        for project, name in (("example.com", COM), ("example.fr", FR))
        for row in rows_of(files[name])[1:]
    ]
    assert table[1:] == expected
    assert len(expected) == 100 + 21
    manifest = json.loads(files["combined/test/titles.manifest.json"])
    assert (manifest["role"], manifest["rows"], manifest["bytes"]) == ("combined", 121, len(files[NAME]))
    [told] = ran.json["combined"]
    assert (told["path"], told["rows"], told["missing"]) == (f"downloads/{NAME}", 121, [])


def test_a_second_run_leaves_it_alone_and_a_deleted_one_is_made_again(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", COMBINED)
    desk.bqlrun("run", "spec.yaml")
    files, table = desk.files(), desk.folder / "downloads" / NAME
    before = table.stat()
    assert "combined" not in desk.bqlrun("run", "spec.yaml").err
    assert (table.stat().st_ino, table.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    table.unlink()
    again = desk.bqlrun("run", "spec.yaml")
    assert f"combined    121 rows in downloads/{NAME}, parts: 2" in again.err
    assert desk.files()[NAME] == files[NAME]
    assert emulator.creations() == 2


def test_it_takes_its_place_when_nobody_else_is_at_it(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED)
    folder = (desk.folder / "downloads" / NAME).parent
    with occupied(folder):
        process = desk.start("run", "spec.yaml")
        until(lambda: {COM, FR} <= desk.files().keys())
        assert_still(folder)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert NAME in desk.files()


def test_it_is_made_anew_when_a_part_changes(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED.replace("example.fr}", "example.fr, analysis: 20250413}"))
    desk.bqlrun("run", "spec.yaml")
    desk.write("spec.yaml", COMBINED.replace("/example.com/", "/example.com/crawl?analysisSlug=20250401"))
    assert desk.bqlrun("run", "spec.yaml").code == 0
    table = rows_of(desk.files()[NAME])
    assert {row[2] for row in table[1:] if row[1] == "example.com"} == {"20250401"}
    assert len(table) == 1 + 10 + 21


def test_a_project_that_fails_leaves_the_table_as_it_was_and_is_named(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", COMBINED)
    desk.bqlrun("run", "spec.yaml")
    before = desk.files()[NAME]
    emulator.fault("job_failed", times=1)
    ran = desk.bqlrun("run", "spec.yaml", "--force", "--jobs", "1", "--json")
    assert ran.code == 1
    assert f"downloads/{NAME} stays as it is: without example-org/example." in ran.err
    [told] = ran.json["combined"]
    assert (told["rows"], len(told["missing"])) == (None, 1)
    assert desk.files()[NAME] == before


def test_a_project_without_a_crawl_that_may_be_left_out_is_left_out(desk: Desk) -> None:
    spec = COMBINED.replace("exports:", "  - {org: example-org, project: empty.example}\nexports:")
    desk.write("spec.yaml", spec)
    assert desk.bqlrun("run", "spec.yaml").code == 1
    assert NAME not in desk.files()
    desk.write("spec.yaml", spec + "defaults: {on_missing: skip}\n")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert len(rows_of(desk.files()[NAME])) == 122


def test_a_selection_of_projects_does_not_make_it_smaller(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED)
    desk.bqlrun("run", "spec.yaml")
    before = desk.files()[NAME]
    ran = desk.bqlrun("run", "spec.yaml", "--select", "*/example.fr", "-v")
    assert ran.code == 0
    assert "the selection leaves projects out of it" in ran.err
    assert desk.files()[NAME] == before


def test_formats_and_headers_are_those_of_the_export(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED + "    output: {format: csv.gz, header: none}\n")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    table = rows_of(gzip.decompress(desk.files()[f"{NAME}.gz"]))
    assert len(table) == 121
    assert table[0][:3] == ["example-org", "example.com", "20250413"]


def test_several_crawls_of_a_project_are_told_apart(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED + "    analysis: latest-2\n")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    table = rows_of(desk.files()[NAME])[1:]
    assert {(row[1], row[2]) for row in table} == {
        ("example.com", "20250413"),
        ("example.com", "20250401-2"),
        ("example.fr", "20250413"),
    }


def test_a_table_that_cannot_be_written_fails_the_run_and_the_next_one_writes_it(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED)
    blocked = desk.write("downloads/combined", "a file where a folder should be")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert f"cannot write downloads/{NAME}" in ran.out
    blocked.unlink()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert NAME in desk.files()


def test_an_organisation_whose_files_would_be_there_is_a_spec_error(quiet_desk: Desk) -> None:
    spec = COMBINED.replace("example-org/example.com", "combined/test").replace(
        "exports:", "output: {path: '{{ org }}/{{ project }}/{{ export }}'}\nexports:"
    )
    quiet_desk.write("spec.yaml", spec)
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 2
    assert "has the same path as" in ran.out


def test_crawls_that_were_cleaned_are_not_in_the_next_table(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", COMBINED + "    analysis: all\n")
    desk.bqlrun("run", "spec.yaml")
    assert desk.bqlrun("clean", "--keep", "1", "--yes").code == 0
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    assert {(row[1], row[2]) for row in rows_of(desk.files()[NAME])[1:]} == {
        ("example.com", "20250413"),
        ("example.fr", "20250413"),
    }
    assert emulator.creations() == 4


def test_files_that_may_be_missing_make_no_smaller_table(desk: Desk) -> None:
    spec = COMBINED + "output: {missing: ignore}\n"
    desk.write("spec.yaml", spec)
    desk.bqlrun("run", "spec.yaml")
    before = desk.files()[NAME]
    (desk.folder / "downloads" / FR).unlink()
    assert "is gone" not in desk.bqlrun("run", "spec.yaml").err
    desk.write("spec.yaml", spec.replace("/example.com/", "/example.com/crawl?analysisSlug=20250401"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0
    assert f"{NAME} stays as it is: downloads/{FR} is gone" in ran.err
    assert desk.files()[NAME] == before


def test_two_runs_at_once_make_one_good_table_and_one_good_name(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", COMBINED + "    output: {current: 'newest/{{ project }}'}\n")
    processes = [desk.start("run", "spec.yaml") for _ in range(3)]
    ended = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0, 0], ended
    files = desk.files()
    assert len(rows_of(files[NAME])) == 122
    assert (files["newest/example.com.csv"], files["newest/example.fr.csv"]) == (files[COM], files[FR])
    assert emulator.creations() == 2


def test_parquet_files_make_a_parquet_table(desk: Desk) -> None:
    desk.write("spec.yaml", COMBINED.replace("h1]", "depth]") + "    output: {format: parquet, header: none}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 0, ran.err
    table = desk.folder / "downloads/combined/test/titles.parquet"
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT project, count(*), max(depth) FROM read_parquet(?) GROUP BY ALL ORDER BY 1", [str(table)]
        )
        assert found.fetchall() == [("example.com", 100, 2), ("example.fr", 21, 1)]
        columns = database.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(table)]).description
    assert [each[0] for each in columns] == ["org", "project", "analysis", "url", "metadata.title.content", "depth"]
    before = table.stat()
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert table.stat().st_mtime_ns == before.st_mtime_ns
    assert list((desk.folder / ".bqlrun/work").glob("*.*")) == []
