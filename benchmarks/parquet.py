"""A gigabyte of CSV as Parquet, beside DuckDB's own COPY of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import Job, table
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, MEGABYTE, in_turns, middle, program, run, typical
from benchmarks.served import served
from benchmarks.throughput import GIGABYTE

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "Parquet"


def measure(folder: Path, quick: bool) -> list[Figure]:
    """The conversion by itself for its speed, and a whole run for its memory."""
    rows = table(folder / "table", 2_000 if quick else GIGABYTE, tricky=True)
    borders = folder / "borders.json"
    borders.write_text(run(program("borders", rows.plain), folder).out, encoding="utf-8")
    ours, theirs = program("to_parquet", rows.plain, rows.rows, borders), program("duckdb_copy", rows.plain)
    pairs = in_turns(1 if quick else 2, lambda _: run(ours, folder), lambda _: run(theirs, folder))
    shown = [typical(side).shown for side in zip(*pairs, strict=True)]
    with served(rows) as api:
        desk = folder / "desk"
        whole = run([BQLRUN, "run", "-q", str(Job(1, format="parquet").write(desk))], desk, api.environ)
    speed = 1 / middle(pairs, lambda ran: ran.wall)
    return [
        Figure(GROUP, f"{rows.bytes / 1e9:.1f} GB of CSV: speed ÷ DuckDB's COPY", speed, 0.8, "×", "at least", *shown),
        Figure(GROUP, "a whole run of it: memory", whole.peak / MEGABYTE, 500, "MB", ours=whole.shown),
    ]


BENCHMARK = Benchmark("parquet", "a gigabyte of CSV as Parquet", measure)
