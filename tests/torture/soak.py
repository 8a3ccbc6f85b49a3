"""Hundreds of exports while everything goes wrong at once: all of them arrive, each paid for once."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.torture.bench import run, tree

if TYPE_CHECKING:
    from tests.harness import Emulated
    from tests.torture.bench import Bench

PROJECTS = 20
WORLD = "tokens: {emulator: [example-org]}\norganisations:\n  example-org:\n" + "".join(
    f"    site-{number}.com: {{analyses: [{{slug: 20250413, depths: [1, {9 + number}, 60]}}]}}\n"
    for number in range(PROJECTS)
)
WORLD += "behaviour: {job_seconds: 0.1}\n"
# What a run, or the next one, gets over by itself. A job that is done and never has an address is a person's to decide.
FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "status", "status": 500},
    {"fault": "status", "status": 503, "retry_after": 1},
    {"fault": "status", "status": 429},
    {"fault": "html", "status": 502},
    {"fault": "status", "status": 500, "after": True, "method": "POST", "path": "/v1/jobs"},
    {"fault": "reset_before"},
    {"fault": "reset_after"},
    {"fault": "reset_late", "seconds": 0.5},
    {"fault": "job_failed"},
    {"fault": "truncated", "keep": 40},
    {"fault": "corrupt", "at": 30},
    {"fault": "archive", "kind": "zip"},
    {"fault": "archive", "kind": "multi_member"},
    {"fault": "expired"},
    {"fault": "delay", "seconds": 0.3},
)


def spec(exports: int) -> str:
    """So many exports of each project, all of them different questions."""
    lines = [
        f"  - {{name: e{number}, fields: [url, http_code],"
        f" filters: {{field: byte_size, predicate: gt, value: {number}}}}}"
        for number in range(exports)
    ]
    projects = "".join(f"  - {{org: example-org, project: site-{number}.com}}\n" for number in range(PROJECTS))
    return (
        "version: 1\nname: soak\nlimits: {requests_per_second: 400, jobs: 12}\n"
        "poll: {first: 0.05, max: 0.3, timeout: 30}\n"
        "defaults: {analysis: 20250413, depth: {max: 2}}\n"
        f"projects:\n{projects}exports:\n" + "\n".join(lines) + "\n"
    )


def soak(bench: Bench, exports: int, seed: int) -> dict[str, int]:
    """Run and run again until nothing is left; what it took. AssertionError for anything lost or paid twice."""
    calm = bench.desk()
    fell = run(calm, "run", "specs")
    assert fell.code == 0, fell.text
    expected = {name: data for name, data in tree(calm).items() if not name.endswith(".json")}
    assert len(expected) == PROJECTS * exports
    dice = random.Random(seed)  # noqa: S311  the same troubles each time
    desk = bench.desk()
    planted = plant(bench.emulator, dice, PROJECTS * exports // 4)
    runs = 0
    while run(desk, "run", "specs").code != 0:
        runs += 1
        assert runs < 12, "it does not come to an end"
    assert {name: data for name, data in tree(desk).items() if not name.endswith(".json")} == expected
    good = [job for job in bench.emulator.jobs() if job["job_status"] != "FAILED"]
    twice = [
        text for text, times in Counter(json.dumps(job["payload"], sort_keys=True) for job in good).items() if times > 1
    ]
    assert not twice, twice
    return {"exports": len(expected), "faults": planted, "runs": runs + 1, "jobs": len(good)}


def plant(emulator: Emulated, dice: random.Random, number: int) -> int:
    """Have so many calls go wrong, each at a moment that the dice choose."""
    for _ in range(number):
        emulator.fault(**dice.choice(FAULTS), skip=dice.randrange(0, 3 * number), times=1)
    return number
