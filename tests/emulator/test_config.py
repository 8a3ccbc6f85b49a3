"""The config file: what its scalars mean, what it may say, and how it is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from runner.emulator import embedded
from runner.emulator.configfile import read_world
from runner.emulator.defaults import default_world
from runner.emulator.world import Behaviour, Limits
from runner.errors import SpecError
from runner.resources import SCHEMAS
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from pathlib import Path

    from runner.emulator.world import World


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "world.yaml"


def world_of(path: Path, text: str) -> World:
    path.write_text(text, "utf-8")
    return read_world(path)


def test_names_and_slugs_stay_what_they_look_like(written: Path) -> None:
    text = "organisations: {no: {007: {analyses: [{slug: 20240101}, {slug: 20240101-2}]}, 1:30: , 2024-01-01: {}}}"
    world = world_of(written, text)
    assert [(project.org, project.slug) for project in world.projects] == [
        ("no", "007"),
        ("no", "1:30"),
        ("no", "2024-01-01"),
    ]
    assert [crawl.slug for crawl in world.projects[0].crawls] == ["20240101", "20240101-2"]
    assert world.tokens == {"emulator": ("no",)}


def test_a_number_of_urls_is_spread_over_depths(written: Path) -> None:
    world = world_of(written, "organisations: {a: {b: {analyses: [{slug: 20240101, urls: 12345}]}}}")
    crawl = world.projects[0].crawls[0]
    assert crawl.placed == 12345
    assert list(crawl.cumulative) == sorted(set(crawl.cumulative))
    assert len(crawl.cumulative) > 5


def test_the_schema_knows_every_switch_and_every_limit() -> None:
    schema = json.loads((SCHEMAS / "emulator.schema.json").read_text())
    assert set(schema["$defs"]["behaviour"]["properties"]) == {field.name for field in fields(Behaviour)}
    assert set(schema["$defs"]["limits"]["properties"]) == {field.name for field in fields(Limits)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: the file must be a mapping, and is empty"),
        ("[", "2:1: "),
        ("organisations: {}", "1:16: `organisations` must not be empty"),
        ("organisations: {a: {b: {analyses: [{slug: newest}]}}}", "1:43: a slug is YYYYMMDD or YYYYMMDD-N"),
        (
            "organisations: {a: {b: {analyses: [{slug: 20240101}, {slug: 20240101}]}}}",
            "1:35: two analyses have the same",
        ),
        (
            "organisations: {a: {b: {search_console: {start: 2024-01-02, end: 2024-01-01}}}}",
            "1:41: the days end before they start",
        ),
        ("organisations: {a: {b: {logs: {start: 2024-13-02, end: 2024-14-01}}}}", "1:31: month must be in 1..12"),
        ("organisations: {a: {b: {hosts: x}}}", "1:25: unknown key `hosts`; did you mean `host`?"),
        ("organisations: {a: {b: }}\nfaults: [{fault: mischief}]", "2:10: fault is one of"),
        ("organisations: {a: {b: }}\nbehaviour: {echo: loud}", "2:19: `echo` must be one of"),
        ("organisations: {a: {b: }}\nbehaviour: {job_seconds: [2, 1]}", "2:26: `job_seconds` ends before it starts"),
        ("behaviour: {job_seconds: soon}", "1:26: `job_seconds` is a number, or a list of two"),
        ("behaviour: {address_seconds: 1e999}", "1:30: `address_seconds` must be at most"),
        ("organisations: {a: {b: {analyses: [{slug: 20241399}]}}}", "1:36: month must be in 1..12"),
        ("limits: {jobs: 1}\nlimits: {jobs: 2}", "2:1: duplicate key `limits`"),
        ("!!python/object:os.system {}", "1:1: tags such as"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_place(written: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        world_of(written, text)
    assert f"{written}:{said}" in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once(written: Path) -> None:
    with pytest.raises(SpecError) as caught:
        world_of(written, "limits: {jobs: many}\nbehaviour: {echo: loud}\nfault: []")
    assert [problem.place.line for problem in caught.value.problems] == [1, 2, 3]


def test_a_config_without_organisations_is_the_default_world_with_other_habits(written: Path) -> None:
    world = world_of(written, "limits: {requests_per_second: 5}")
    assert world == replace(default_world(), limits=Limits(requests_per_second=5))


AWKWARD = """
organisations:
  o'brien & söhne:
    "50% off?":
      host: o'brien".example
      analyses: [{slug: 20240101, depths: [1, 30]}]
      segments: {brand: ["a'b", 'c"d', "{s}", "--", "e/f; DROP TABLE x"]}
behaviour: {job_seconds: 0}
"""


def test_awkward_names_are_only_names(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(AWKWARD, "utf-8")
    org, project = "o'brien & söhne", "50% off?"
    with embedded(tmp_path / "data", tmp_path / "world.yaml") as url, Api(url, org, project) as api:
        base = f"/v1/projects/{quote(org)}/{quote(project)}"
        query = crawl_query("20240101", "url", "host", "segments.brand.value", "metadata.title.content")
        for _ in range(10):  # from the ninth on it is a table that answers
            found = api.http.post(f"{base}/query", json=query).json()["results"]
            rows = [row["dimensions"] for row in found]
            assert {row[1] for row in rows} <= {"o'brien\".example", "m.o'brien\".example"}
            assert {row[2] for row in rows} == {"a'b", 'c"d', "{s}", "--", "e/f; DROP TABLE x"}
        assert len(api.table(api.payload(query))) == 2 + 31
        assert "söhne" in api.http.get("/").text


def test_a_file_that_is_not_there_is_a_usage_error(written: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        read_world(written)
