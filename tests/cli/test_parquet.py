"""`format: parquet`: single exports and whole crawls, typed, complete, and done once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Desk, Emulated

SPEC = """
version: 1
name: parquet
limits: {requests_per_second: 500, rows_per_export: 1000000}
projects: [https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413]
output: {format: parquet}
exports:
  - {name: pages, fields: [url, depth, title, {field: http_code, name: Status}], depth: {max: 1}}
  - {name: no-header, fields: [url], depth: {max: 1}, output: {header: none}}
"""


def described(path: Path) -> list[tuple[str, str]]:
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))", [str(path)]
        )
        return [(name, kind) for name, kind in found.fetchall()]


def test_columns_are_named_and_typed_and_a_second_run_does_nothing(desk: Desk, emulator: Emulated) -> None:
    desk.write("s.yaml", SPEC)
    ran = desk.bqlrun("run", "s.yaml")
    assert ran.code == 0, ran.text
    assert {line.split()[0] for line in ran.err.splitlines()} == {"planned", "created", "downloading", "done"}
    folder = desk.folder / "downloads/example-org/example.com/20250413"
    assert described(folder / "pages.parquet") == [
        ("url", "VARCHAR"),
        ("depth", "BIGINT"),
        ("metadata.title.content", "VARCHAR"),
        ("Status", "BIGINT"),
    ]
    assert [name for name, _ in described(folder / "no-header.parquet")] == ["url"]
    assert (folder / "pages.manifest.json").exists()
    assert not list((desk.folder / ".bqlrun/work").glob("*.*"))
    emulator.call("DELETE", "/_emulator/requests")
    assert desk.bqlrun("run", "s.yaml").code == 0
    assert emulator.creations() == 0
    assert emulator.downloads() == []


def test_another_format_of_the_same_export_is_made_without_paying(desk: Desk, emulator: Emulated) -> None:
    desk.write("s.yaml", SPEC)
    assert desk.bqlrun("run", "s.yaml").code == 0
    created = len(emulator.jobs())
    desk.write("t.yaml", SPEC.replace("format: parquet", "format: csv.gz"))
    assert desk.bqlrun("run", "t.yaml").code == 0
    assert len(emulator.jobs()) == created
