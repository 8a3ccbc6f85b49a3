"""The lifecycle as a machine that Hypothesis drives: in whatever order things happen, each export is paid for once."""

from __future__ import annotations

import errno
import gzip
import shutil
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from runner.bql.fingerprint import fingerprint
from tests.torture.bench import run
from tests.torture.child import Strike
from tests.torture.soak import FAULTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Desk
    from tests.torture.bench import Bench, Fell
    from tests.torture.child import Effect

SPEC = """
version: 1
name: machine
limits: {{requests_per_second: 500}}
poll: {{first: 0.05, max: 0.2, timeout: 60}}
output: {{path: "{path}", format: {format}, header: {header}}}
projects: [{{org: example-org, project: example.com, analysis: latest}}]
exports:
  - {{name: titles, fields: [url, {title}], depth: {{max: 2}}}}
  - {{name: codes, fields: [url, http_code], depth: {{max: 1}}}}
"""
EXPORTS = 2
# None of these changes what is asked for.
EDITS = st.fixed_dictionaries(
    {
        "path": st.sampled_from(["{{ project }}/{{ export }}", "{{ export }}"]),
        "format": st.sampled_from(["csv", "csv.gz"]),
        "header": st.sampled_from(["slug", "none"]),
        "title": st.sampled_from(["title", "{field: title, name: The title}"]),
    }
)
AS_WRITTEN = {"path": "{{ export }}", "format": "csv", "header": "slug", "title": "title"}
NTH = st.integers(0, 10_000)
# Until what a killed client had asked for is there to be seen: without a state file nobody waits for it.
SETTLED = 1


class Lifecycle(RuleBasedStateMachine):
    """One user's folder. `forced` counts how often all exports were paid for on purpose."""

    bench: ClassVar[Bench]
    effects: ClassVar[tuple[Effect, ...]]
    rows: ClassVar[dict[str, list[str]]]
    runs: ClassVar[Counter[str]]

    @initialize()
    def begin(self) -> None:
        self.desk: Desk = self.bench.desk()
        self.edit(AS_WRITTEN)
        self.forced = 0
        self.troubled = False

    @rule(spec=EDITS)
    def edit(self, spec: dict[str, str]) -> None:
        """Another place, format, header or name for the same rows."""
        self.spec = spec
        self.desk.write("specs/spec.yaml", SPEC.format(**spec))

    @rule()
    def run(self) -> None:
        fell = self.bqlrun()
        assert fell.code in ({0, 1} if self.troubled else {0}), fell.text
        self.check_paid()

    @precondition(lambda self: not self.troubled)
    @rule()
    def run_by_force(self) -> None:
        before = len(self.bench.paid())
        assert self.bqlrun("--force").code == 0
        # One that was broken off before counts as the new one.
        assert len(self.bench.paid()) - before <= EXPORTS
        self.forced += 1

    @rule(nth=NTH, moment=st.sampled_from(["before", "after"]))
    def run_and_be_killed(self, nth: int, moment: Any) -> None:
        effect = self.effects[nth % len(self.effects)]
        fell = self.bqlrun(strike=Strike(effect, moment))
        assert fell.code in {-9, 0, 1}, fell.text
        self.check_paid()

    @rule(nth=NTH, error=st.sampled_from([errno.ENOSPC, errno.EIO, errno.EACCES]))
    def run_and_be_refused(self, nth: int, error: int) -> None:
        on_disk = [effect for effect in self.effects if effect.kind not in {"send", "receive"}]
        fell = self.bqlrun(strike=Strike(on_disk[nth % len(on_disk)], "before", error))
        assert fell.code in {0, 1}, fell.text
        self.check_paid()

    @rule(fault=st.sampled_from(FAULTS), skip=st.integers(0, 12))
    def go_wrong(self, fault: dict[str, Any], skip: int) -> None:
        """The API, or the file host, will misbehave once."""
        self.bench.emulator.fault(**fault, skip=skip)
        self.troubled = True

    @rule()
    def wait(self) -> None:
        """Trouble is over."""
        self.bench.emulator.heal()

    @rule(nth=NTH)
    def delete_a_file(self, nth: int) -> None:
        for path in self.one_table(nth):
            path.unlink()

    @rule(nth=NTH)
    def alter_a_file(self, nth: int) -> None:
        for path in self.one_table(nth):
            path.write_bytes(b"something else")

    @rule(rebuild=st.booleans())
    def lose_the_state_file(self, rebuild: bool) -> None:
        time.sleep(SETTLED)
        shutil.rmtree(self.desk.folder / ".bqlrun", ignore_errors=True)
        if rebuild and (self.desk.folder / "downloads").is_dir():
            assert run(self.desk, "state", "rebuild").code in {0, 1}
        self.check_paid()

    def teardown(self) -> None:
        """In the end all is there, paid for once; a job that failed was noted by one run and made anew by the next."""
        if not hasattr(self, "spec"):
            return
        self.bench.emulator.heal()
        assert any(self.bqlrun().code == 0 for _ in range(4)), "it does not come to an end"
        self.check_paid(least=1)
        for export, rows in self.rows.items():
            assert self.rows_of(export) == rows, export
        self.bench.clear(self.desk)

    def bqlrun(self, *options: str, strike: Strike | None = None) -> Fell:
        fell = run(self.desk, "run", "specs/spec.yaml", *options, strike=strike)
        self.runs.update(
            ["runs"] if strike is None else ["runs", "struck"] if fell.struck or fell.code < 0 else ["runs"]
        )
        return fell

    def check_paid(self, least: int = 0) -> None:
        """No export has more jobs that did not fail than the user asked for, and in the end each has one."""
        paid = Counter(fingerprint("", "export", payload, None) for payload in self.bench.paid())
        assert all(times <= 1 + self.forced for times in paid.values()), paid
        assert len(paid) >= least * EXPORTS, paid

    def one_table(self, nth: int) -> list[Path]:
        """One of the files that are there, if there are any: what Hypothesis draws must not depend on it."""
        found = sorted((self.desk.folder / "downloads").rglob("[!.]*.csv*"))
        return found[nth % len(found) :][:1] if found else []

    def rows_of(self, export: str) -> list[str]:
        """The data rows of an export's file, where the spec says that it is."""
        name = self.spec["path"].replace("{{ project }}", "example.com").replace("{{ export }}", export)
        data = (self.desk.folder / "downloads" / f"{name}.{self.spec['format']}").read_bytes()
        text = gzip.decompress(data) if self.spec["format"] == "csv.gz" else data
        return text.decode().splitlines()[self.spec["header"] != "none" :]


def drive(bench: Bench, examples: int, steps: int) -> dict[str, int]:
    """So many lives of so many steps, the same ones each time; how many runs that took, and how many were struck.

    AssertionError, with the steps that led there, for anything that is lost or paid for twice.
    """
    desk = bench.desk()
    desk.write("specs/spec.yaml", SPEC.format(**AS_WRITTEN))
    calm = run(desk, "run", "specs/spec.yaml")
    assert calm.code == 0, calm.text
    rows = {name: desk.files()[f"{name}.csv"].decode().splitlines()[1:] for name in ("titles", "codes")}
    runs: Counter[str] = Counter()
    machine = type("Driven", (Lifecycle,), {"bench": bench, "effects": calm.effects, "rows": rows, "runs": runs})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return {"lives": examples, **runs}
