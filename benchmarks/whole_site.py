"""A crawl of ten million URLs as one file, against the emulator: plain, then sorted over all its parts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.emulated import emulated
from benchmarks.figure import Benchmark, Figure
from benchmarks.process import BQLRUN, MEGABYTE, Failed, run

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.process import Ran

GROUP = "Whole sites"
ORG, PROJECT, SLUG = "example-org", "example.com", "20250413"
# What was promised of a machine of two cores: minutes, in half a gigabyte.
_MINUTES, _MEMORY = 10, 500


def measure(folder: Path, quick: bool) -> list[Figure]:
    """Time and memory of a run that plans the parts, has them exported, and puts them together."""
    urls = 10_000 if quick else 10_000_000
    world = {"organisations": {ORG: {PROJECT: {"analyses": [{"slug": SLUG, "urls": urls}]}}}}
    with emulated(folder, json.dumps(world)) as api:
        plain = _whole(folder / "plain", urls, {}, api.environ)
        # Another column: its jobs are its own, and it does not adopt those of the first.
        columns = {"fields": ["url", "depth", "http_code"], "sort": [{"field": "http_code"}, {"field": "url"}]}
        ordered = _whole(folder / "sorted", urls, columns, api.environ)
    figures = [(f"{urls:,} URLs with `split`", plain), ("the same, sorted by two columns", ordered)]
    return [each for name, ran in figures for each in _figures(name, ran)]


def _whole(folder: Path, urls: int, more: dict[str, Any], environ: dict[str, str]) -> Ran:
    """Run it, and see for ourselves that the rows are those of the crawl."""
    export = {"name": "whole", "fields": ["url", "depth", "http_code", "title"], "depth": "split"} | more
    spec = {
        "version": 1,
        "name": "whole",
        "limits": {"rows_per_export": max(100, urls // 10)},
        "projects": [{"org": ORG, "project": PROJECT, "analysis": SLUG}],
        "exports": [export],
    }
    folder.mkdir(parents=True)
    (folder / "spec.yaml").write_text(json.dumps(spec), encoding="utf-8")
    ran = run([BQLRUN, "run", "-q", "--json", "spec.yaml"], folder, environ)
    [done] = json.loads(ran.out)["exports"]
    if done["rows"] != urls:
        raise Failed(f"the whole has {done['rows']} rows, not {urls}")
    return ran


def _figures(name: str, ran: Ran) -> list[Figure]:
    return [
        Figure(GROUP, f"{name}: time", ran.wall / 60, _MINUTES, "min", ours=ran.shown),
        Figure(GROUP, f"{name}: memory", ran.peak / MEGABYTE, _MEMORY, "MB", ours=ran.shown),
    ]


BENCHMARK = Benchmark("whole-site", "ten million URLs as one file", measure, large=True)
