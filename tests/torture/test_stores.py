"""Killed before and after everything that it does to a bucket, a run is resumed as if nothing had been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.torture.bench import bench as new_bench
from tests.torture.bench import lasting, run
from tests.torture.child import Strike
from tests.torture.crash import KILLED, leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Desk
    from tests.stores import Server, Store
    from tests.torture.bench import Bench

SPEC = """
version: 1
name: torture
limits: {requests_per_second: 500, jobs: 1, downloads: 1}
poll: {first: 0.05, max: 0.2, timeout: 60}
output: {dir: PLACE}
projects: [{org: example-org, project: example.fr, analysis: latest}]
exports:
  - {name: titles, fields: [url, title], depth: {max: 1}, output: {current: newest}}
"""


@pytest.fixture(scope="module")
def bucket(store_server: Server) -> Store:
    """One bucket, so that every run's effects have the same names."""
    return store_server.bucket()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, bucket: Store) -> Iterator[Bench]:
    """A Botify, and a spec whose files go to the bucket."""
    spec = SPEC.replace("PLACE", bucket.address)
    with new_bench(tmp_path_factory.mktemp("stored"), specs=(spec,)) as made:
        yield made


def fresh_desk(stored: Bench, bucket: Store) -> Desk:
    """A folder and a bucket without anything."""
    for name in bucket.names():
        bucket.call("DELETE", f"botify/{name}")
    desk = stored.desk()
    desk.environ |= bucket.environ
    return desk


def tree(bucket: Store) -> dict[str, Any]:
    """The bucket, without what is another in every run."""
    return {name: lasting(name, data) for name, data in bucket.files().items()}


def test_a_run_that_is_killed_around_any_request_to_the_bucket_resumes_without_a_trace(
    stored: Bench, bucket: Store
) -> None:
    calm = run(fresh_desk(stored, bucket))
    assert calm.code == 0, calm.text
    whole = tree(bucket)
    effects = [each for each in calm.effects if bucket.address in each.subject and each.kind == "send"]
    assert [each.subject.split()[0] for each in effects] == ["PUT", "PUT", "COPY", "PUT"]
    for strike in [Strike(effect, moment) for effect in effects for moment in ("before", "after")]:
        desk = fresh_desk(stored, bucket)
        assert run(desk, strike=strike).code == KILLED
        fetched = len(stored.emulator.downloads())
        resumed = run(desk)
        assert resumed.code == 0, (strike, resumed.text)
        assert tree(bucket) == whole
        assert (len(stored.creations()), len(stored.emulator.downloads())) == (1, fetched)
        assert leftovers(desk) == []
