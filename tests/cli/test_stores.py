"""`output.dir: s3://…`: everything that a folder can do, a bucket can; what is paid for is never lost to its moods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_run import SPEC
from tests.harness import until
from tests.stores import SECRET

if TYPE_CHECKING:
    from tests.harness import Desk, Emulated
    from tests.stores import Store

TITLES = "example-org/example.com/20250413/titles"
# One export of each form, and everything that is made of them.
ALL_FORMS = """
version: 1
name: forms
limits: {requests_per_second: 500, rows_per_export: 300}
poll: {first: 0.05, max: 0.2, timeout: 60}
output: {dir: PLACE}
projects: [{org: example-org, match: "example.*"}]
defaults: {on_missing: skip}
exports:
  - {name: plain, fields: [url, title], depth: {max: 1}, combine: projects, output: {current: "newest/{{ project }}"}}
  - {name: packed, fields: [url, depth], depth: {max: 1}, combine: projects, output: {format: csv.gz}}
  - {name: columns, fields: [url, depth], depth: {max: 1}, combine: projects, output: {format: parquet}}
  - {name: whole, fields: [url], depth: split}
"""


@pytest.fixture(autouse=True)
def with_credentials(desk: Desk, store: Store) -> None:
    """Credentials are in the environment and nowhere else."""
    desk.environ |= store.environ


def spec(store: Store, more: str = "") -> str:
    return SPEC + f"output: {{dir: '{store.address}'{more}}}\n"


def lasting(files: dict[str, bytes]) -> dict[str, Any]:
    """Tables as they are, manifests without what is another in every run."""
    found: dict[str, Any] = {}
    for name, data in files.items():
        known = json.loads(data) if name.endswith(".json") else {}
        changing = {"finished_at", "job_ids"}
        found[name] = {key: known[key] for key in known.keys() - changing} if known else data
    return found


def test_a_bucket_holds_what_a_folder_would(desk: Desk, emulator: Emulated, store: Store) -> None:
    desk.write("folder.yaml", ALL_FORMS.replace("PLACE", "downloads"))
    desk.write("bucket.yaml", ALL_FORMS.replace("PLACE", store.address))
    assert desk.bqlrun("run", "folder.yaml").code == 0
    paid = emulator.creations()
    ran = desk.bqlrun("run", "bucket.yaml", "--state", "other/state.db")
    assert ran.code == 0, ran.text
    assert lasting(store.files()) == lasting(desk.files())
    assert len(store.names()) == 2 * (4 * 2 + 2 + 3)
    assert emulator.creations() == paid
    changing = ("PUT", "POST", "DELETE")
    sent = store.server.sent(*changing)
    again = desk.bqlrun("run", "bucket.yaml", "--state", "other/state.db")
    assert again.code == 0
    assert "nothing was left to do" in again.out
    assert store.server.sent(*changing) == sent
    assert [path for path in desk.folder.rglob("work/**/*") if path.is_file()] == []


def test_what_is_gone_or_altered_there_is_put_back_at_no_cost(desk: Desk, emulator: Emulated, store: Store) -> None:
    desk.write("spec.yaml", spec(store))
    desk.bqlrun("run", "spec.yaml")
    files = lasting(store.files())
    store.call("DELETE", f"botify/{TITLES}.csv")
    assert "missing" in (found := desk.bqlrun("state", "verify")).out
    assert found.code == 1
    desk.write("spec.yaml", spec(store, ", missing: ignore"))
    assert "is gone, and `missing: ignore`" in desk.bqlrun("plan", "spec.yaml").out
    desk.write("spec.yaml", spec(store))
    assert "done, but its file is gone" in desk.bqlrun("run", "spec.yaml", "-v").err
    assert lasting(store.files()) == files
    store.call("PUT", f"botify/{TITLES}.csv", files[f"{TITLES}.csv"].swapcase())
    assert "altered" in desk.bqlrun("state", "verify").out
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert lasting(store.files()) == files
    assert emulator.creations() == 1


def test_a_state_file_is_made_again_from_the_manifests_there(desk: Desk, emulator: Emulated, store: Store) -> None:
    desk.write("spec.yaml", spec(store))
    desk.bqlrun("run", "spec.yaml")
    rebuilt = desk.bqlrun("state", "rebuild", store.address, "--state", "fresh/state.db")
    assert (rebuilt.code, rebuilt.out) == (0, "1 file taken over from manifests\n")
    requests = len(emulator.downloads())
    again = desk.bqlrun("run", "spec.yaml", "--state", "fresh/state.db")
    assert "nothing was left to do" in again.out
    assert (emulator.creations(), len(emulator.downloads())) == (1, requests)


def test_old_crawls_are_cleaned_there_and_stay_away(desk: Desk, emulator: Emulated, store: Store) -> None:
    both = spec(store).replace(
        "https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413",
        "{org: example-org, project: example.com, analysis: latest-2}",
    )
    desk.write("spec.yaml", both)
    assert desk.bqlrun("run", "spec.yaml").code == 0
    cleaned = desk.bqlrun("clean", "--keep", "1", "--dir", f"{store.address}/", "--yes")
    assert f"{store.address}/example-org/example.com/20250401-2/titles.csv" in cleaned.out
    assert store.names() == [f"{TITLES}.csv", f"{TITLES}.manifest.json"]
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert store.names() == [f"{TITLES}.csv", f"{TITLES}.manifest.json"]
    assert emulator.creations() == 2


def test_a_store_that_fails_after_the_job_is_paid_loses_nothing_and_tells_no_secret(
    desk: Desk, emulator: Emulated, store: Store
) -> None:
    desk.write("spec.yaml", spec(store))
    store.server.harm("403", "PUT", "titles.csv")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "access denied" in ran.err
    assert store.names() == []
    fetched = len(emulator.downloads())
    store.server.faults.clear()
    again = desk.bqlrun("run", "spec.yaml", "-v", "--report", "report.html")
    assert store.names() == [f"{TITLES}.csv", f"{TITLES}.manifest.json"]
    assert (again.code, emulator.creations(), len(emulator.downloads())) == (0, 1, fetched)
    assert f'href="{store.address}/{TITLES}.csv"' in (desk.folder / "report.html").read_text(encoding="utf-8")
    written = b"".join(path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())
    assert SECRET.encode() not in written + b"".join(store.files().values()) + (ran.text + again.text).encode()


@pytest.mark.parametrize(
    ("environ", "folder", "said"),
    [
        ({}, "s3://no-such-bucket/x", "there is no bucket s3://no-such-bucket"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "s3://bucket", "cannot be reached"),
        ({"GOOGLE_SERVICE_ACCOUNT": "nowhere.json"}, "gs://bucket/x", "docs/stores.md"),
    ],
    ids=["no-bucket", "no-server", "no-key-file"],
)
def test_a_store_that_takes_nothing_is_told_before_anything_is_paid_for(
    desk: Desk, emulator: Emulated, environ: dict[str, str], folder: str, said: str
) -> None:
    desk.environ |= environ
    desk.write("spec.yaml", SPEC + f"output: {{dir: '{folder}'}}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert (ran.code, emulator.creations()) == (1, 0)
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_signal_calls_a_large_upload_off_and_the_next_run_makes_it(desk: Desk, store: Store) -> None:
    wide = ", ".join(f"{{field: url, name: copy {number}}}" for number in range(28))
    desk.write("spec.yaml", spec(store).replace("url, title, h1", wide))
    store.server.harm("slow", "PUT", "partNumber")
    running = desk.start("run", "spec.yaml", "--api-url", "emulator")
    until(lambda: bool(store.server.sent("PUT")))
    running.terminate()
    _, err = running.communicate(timeout=60)
    assert running.returncode == 143, err
    assert "in flight, and noted: titles of example-org/example.com" in err
    assert "failed" not in err
    assert (store.names(), store.uploads()) == ([], [])
    store.server.faults.clear()
    resumed = desk.bqlrun("run", "spec.yaml", "--api-url", "emulator")
    assert resumed.code == 0
    assert "download: its job has finished" in resumed.err
    assert store.names() == [f"{TITLES}.csv", f"{TITLES}.manifest.json"]


def test_doctor_asks_the_store(desk: Desk, store: Store) -> None:
    desk.write("good.yaml", spec(store))
    desk.write("bad.yaml", spec(store).replace("name: test", "name: bad").replace(store.bucket, "no-such-bucket"))
    said = desk.bqlrun("doctor", "good.yaml", "bad.yaml")
    assert f"{store.address} can be reached" in said.out
    assert "there is no bucket s3://no-such-bucket" in said.out
    assert said.code == 1
